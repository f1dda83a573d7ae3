import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { hostOf, refuseForeigner } from '../http/local-only.ts';
import { needScope, type Principal } from '../http/principal.ts';
import { publicId } from '../ids.ts';
import { whyNoApiKey } from './api-key.ts';
import { refuseForeignOrigin, sessionIdOf } from './cookie.ts';
import type { FailureLimit } from './failed-authentication.ts';
import type { KeyHolder, Keyring } from './keyring.ts';
import type { LastUse } from './last-use.ts';
import { DEFAULT_TENANT } from './tenants.ts';

export type IdentifyParts = { keyring: Keyring; lastUse: LastUse; failures: FailureLimit; publicUrl: string };

/**
 * Sets the principal of each request to a route that is not public, before its body is read.
 * @throws Problem `unauthorized`, `forbidden`, `foreign_host`, `foreign_origin`, `too_many_requests`
 */
export function identify({ keyring, lastUse, failures, publicUrl }: IdentifyParts) {
  /** Who holds the key or the session of a request. */
  async function holderOf(request: FastifyRequest): Promise<KeyHolder> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return orRefused(await keyring.ofKey(bearerOf(authorization)));
    const sessionId = sessionIdOf(request, publicUrl);
    if (sessionId === undefined) throw noKey();
    if (!isRead(request)) refuseForeignOrigin(request, publicUrl);
    const holder = await keyring.ofSession(sessionId);
    if (holder) lastUse.noteSession(sessionId);
    return orRefused(holder, 'The session has ended: sign in again.');
  }

  /** The key itself, as a request to sign in has it. */
  function credentialOf(request: FastifyRequest): string | undefined {
    const { authorization } = request.headers;
    if (authorization === undefined) return sessionIdOf(request, publicUrl);
    return BEARER.exec(authorization)?.[1] ?? authorization;
  }

  async function identified(request: FastifyRequest): Promise<Principal> {
    // A key is judged even if none seems to exist: the first ones may have just been created.
    if (!hasOurKey(request) && !(await keyring.needsKeys())) {
      // Again, because the server may have been open for less time than the check before this one knows.
      refuseForeigner(request, hostOf(request), publicUrl);
      refuseForwarded(request);
      const isStillValid = async (): Promise<boolean> => !(await keyring.needsKeys());
      return { tenantId: DEFAULT_TENANT, scope: 'admin', key: undefined, isStillValid };
    }
    const holder = await failures.guard(request, credentialOf(request), () => holderOf(request));
    lastUse.noteKey(holder);
    return principalOf(holder, () => holderOf(request).then(() => true, isUnlessRefused));
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { access } = request.routeOptions.config;
    if (access === 'public') return;
    request.principal = await identified(request).catch((error: unknown) => {
      throw withChallenge(reply, error);
    });
  };
}

/** Refuses keys whose scope is too small for the route. Such requests count in the rate of their key, so this hook comes after it. */
export async function refuseScope(request: FastifyRequest): Promise<void> {
  const { access } = request.routeOptions.config;
  if (access !== 'public') needScope(request, access ?? (isRead(request) ? 'read' : 'write'));
}

export function principalOf(
  { tenant_id: tenantId, scope, key_id, name }: KeyHolder,
  isStillValid: Principal['isStillValid'] = async () => true,
): Principal {
  return { tenantId, scope, key: { id: publicId('key', key_id), name }, isStillValid };
}

/** A database that is away for a moment ends no stream. */
function isUnlessRefused(error: unknown): boolean {
  return !(error instanceof Problem && error.status === 401);
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function hasOurKey({ headers }: FastifyRequest): boolean {
  return /^bearer +ml_/i.test(headers.authorization ?? '');
}

const BEARER = /^bearer +(\S+) *$/i;

/** The key in `Authorization`; the scheme is in upper or lower case (RFC 9110, 11.1). @throws Problem `unauthorized` */
function bearerOf(authorization: string): string {
  const [, key] = BEARER.exec(authorization) ?? [];
  if (key === undefined) throw noKey();
  return checkedKey(key);
}

/** @throws Problem `unauthorized` if a text cannot be a key; that reveals nothing of the keys that there are */
export function checkedKey(text: string): string {
  const why = whyNoApiKey(text);
  if (why === undefined) return text;
  throw new Problem('unauthorized', { detail: `This is not an API key of Minilab: ${why}.` });
}

/** One sentence for all keys that could exist, so that nobody learns which of them did. */
export function orRefused(
  holder: KeyHolder | undefined,
  detail = 'The API key is unknown, revoked or expired.',
): KeyHolder {
  if (holder) return holder;
  throw new Problem('unauthorized', { detail });
}

function noKey(): Problem {
  return new Problem('unauthorized', {
    detail:
      'This needs an API key: send it as "Authorization: Bearer ml_…". The operator of Minilab creates one with minilab keys create NAME.',
  });
}

/** A 401 says which scheme is expected (RFC 9110, 11.6.1). */
export function withChallenge(reply: FastifyReply, error: unknown): unknown {
  if (error instanceof Problem && error.status === 401)
    void reply.header('www-authenticate', 'Bearer realm="Minilab"');
  return error;
}

const OF_PROXIES = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;

/** Through a proxy on this machine, everybody would be local. */
function refuseForwarded({ headers }: FastifyRequest): void {
  const header = Object.keys(headers).find((name) => OF_PROXIES.test(name));
  if (header === undefined) return;
  throw new Problem('forbidden', {
    detail: `This request came through a proxy (it has the header ${header}), and this server has no API keys: anyone could use it. Create a key with minilab keys create NAME, and set TRUST_PROXY.`,
  });
}
