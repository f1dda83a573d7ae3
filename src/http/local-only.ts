import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';

/**
 * Without API keys, whoever can reach the server may use it. So it listens on loopback only, and refuses
 * requests that a browser sends for others: a foreign `Host` is DNS rebinding, a foreign `Origin` is a
 * page of another site. A key is no such danger, because a browser does not send it by itself.
 */
export function refuseForeigners(publicUrl: string, needsKeys: () => boolean) {
  return async (request: FastifyRequest): Promise<void> => {
    const host = hostOf(request);
    if (!needsKeys()) refuseForeigner(request, host, publicUrl);
  };
}

/** @throws Problem `foreign_host`, `foreign_origin` */
export function refuseForeigner(request: FastifyRequest, host: string, publicUrl: string): void {
  const publicHost = new URL(publicUrl).host;
  if (host !== publicHost && !isLoopbackHost(host))
    throw new Problem('foreign_host', {
      detail: `Requests for the host "${host}" are refused: this server has no API keys, so it accepts localhost only. If this is its public name, set PUBLIC_URL.`,
    });
  const { origin } = request.headers;
  if (origin === undefined) return;
  const originHost = URL.parse(origin)?.host ?? '';
  if (originHost !== host && originHost !== publicHost)
    throw new Problem('foreign_origin', { detail: `Requests from pages of "${origin}" are refused.` });
}

/** @throws Problem `bad_request` if `Host` is missing or repeated (RFC 9112, 3.2) */
export function hostOf({ raw }: FastifyRequest): string {
  const hosts = raw.headersDistinct['host'] ?? [];
  const [host] = hosts;
  if (host !== undefined && hosts.length === 1) return host;
  throw new Problem('bad_request', { detail: 'The request must have exactly one Host header.' });
}

/** @param host with or without a port */
export function isLoopbackHost(host: string): boolean {
  const name = URL.parse(`http://${host}`)?.hostname ?? '';
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}
