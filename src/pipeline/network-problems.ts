/** What goes wrong between a host and us, and what it means for the image. */
import { type Dispatcher, errors } from 'undici';
import { systemCode } from '../errors.ts';
import { StorageTrouble } from '../storage/storage.ts';
import { ImageProblem } from './problems.ts';
import { HostBusy } from './visit.ts';

/** Which status is which failure: docs/errors.md. */
export function statusProblem({ statusCode: status, headers }: Dispatcher.ResponseData): ImageProblem {
  const detail = `HTTP ${status}`;
  if (status === 429 || status === 503) {
    const asked = retryAfterMs([headers['retry-after']].flat()[0]);
    return new ImageProblem('rate_limited', detail, {
      holdHostMs: asked ?? SHORTEST_HOLD_MS,
      retryAfterMs: asked,
    });
  }
  if ([408, 425, 500, 502, 504].includes(status)) return new ImageProblem('server_error', detail);
  if (status === 401 || status === 403) return new ImageProblem('access_denied', detail);
  if (status === 404 || status === 410) return new ImageProblem('not_found', detail);
  return new ImageProblem('http_error', detail);
}

const SHORTEST_HOLD_MS = 30_000;
const LONGEST_HOLD_MS = 3_600_000;

/** Seconds or an HTTP date (RFC 9110, 10.2.3), within 30 s and 1 h. Where it is missing, holds grow (hosts/visits.ts). */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Math.min(Math.max(Number.isNaN(ms) ? 0 : ms, SHORTEST_HOLD_MS), LONGEST_HOLD_MS);
}

/** What the network's errors mean for the image: the codes of Node (c-ares, libuv, OpenSSL) and undici. */
export function asProblem(error: unknown): Error {
  if (error instanceof ImageProblem || error instanceof HostBusy || error instanceof StorageTrouble)
    return error;
  if (!(error instanceof Error)) return new ImageProblem('connect_failed', undefined, { cause: error });
  const code = systemCode(error) ?? error.name;
  const because = { cause: error };
  if (code === 'ADDRESS_DENIED') return new ImageProblem('address_denied');
  if (DNS_CODES.has(code)) return new ImageProblem('dns_failed', undefined, because);
  if (isTimeout(error)) return new ImageProblem('download_timeout', undefined, because);
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_|EPROTO)/.test(code))
    return new ImageProblem('tls_failed', code, because);
  if (UNREADABLE.some((kind) => error instanceof kind))
    return new ImageProblem('server_error', 'its answer cannot be read', because);
  return new ImageProblem('connect_failed', code, because);
}

const UNREADABLE = [
  errors.HTTPParserError,
  errors.HeadersOverflowError,
  errors.ResponseContentLengthMismatchError, // several lengths
];

const DNS_CODES = new Set([
  'ENOTFOUND',
  'ENODATA',
  'ESERVFAIL',
  'EAI_AGAIN',
  'ETIMEOUT',
  'EREFUSED',
  'EBADNAME',
  'EBADRESP',
  'EFORMERR',
]);

export function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    (error instanceof Error && error.name === 'TimeoutError')
  );
}
