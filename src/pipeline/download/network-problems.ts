/** Maps statuses and network errors to the problem of an image. */
import type { IncomingHttpHeaders } from 'node:http';
import { errors } from 'undici';
import { systemCode } from '../../errors.ts';
import { UnreadableAnswer } from '../../net/answer-head.ts';
import { ConnectingTimedOut } from '../../net/connecting.ts';
import { LookupFailed } from '../../net/resolver.ts';
import { retryAfterMs } from '../../net/retry-after.ts';
import { ImageProblem } from '../problems.ts';
import { HOUR_MS } from '../../units.ts';

type Status = { statusCode: number; headers: IncomingHttpHeaders };

/** The problem that a status means: docs/errors.md. */
export function statusProblem({ statusCode: status, headers }: Status): ImageProblem {
  const detail = `HTTP ${status}`;
  const facts = { httpStatus: status };
  if (status === 429 || status === 503) {
    const retryAfter = clampedRetryAfterMs(headers);
    const holdHostMs = retryAfter ?? HOLD_MS.min;
    return new ImageProblem('rate_limited', detail, { ...facts, holdHostMs, retryAfterMs: retryAfter });
  }
  if ([408, 425, 500, 502, 504].includes(status)) return new ImageProblem('server_error', detail, facts);
  if (status === 401 || status === 403) return new ImageProblem('access_denied', detail, facts);
  if (status === 404 || status === 410) return new ImageProblem('not_found', detail, facts);
  if (status === 206)
    return new ImageProblem('http_error', `${detail}: partial content, though no range was requested`, facts);
  if (status >= 300 && status < 400 && status !== 304)
    return new ImageProblem('http_error', `${detail} without a Location`, facts);
  return new ImageProblem('http_error', detail, facts);
}

/** How long a host that refuses requests is held. Without a `Retry-After`, holds grow from `min` to `max` (hosts/host-feedback.ts). */
export const HOLD_MS = { min: 30_000, max: HOUR_MS };

/** `Retry-After`, clamped to 30 s to 1 h. */
function clampedRetryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  if (headers['retry-after'] === undefined) return undefined;
  return Math.min(Math.max(retryAfterMs(headers) ?? 0, HOLD_MS.min), HOLD_MS.max);
}

/**
 * The problem that an error of the network means: errors of the guard, of undici, and codes of Node (libuv,
 * OpenSSL). Any other error is a mistake of ours or of our machine. It is returned unchanged, so that it is
 * reported as such and does not count against the host.
 */
export function networkProblem(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`thrown: ${String(error)}`, { cause: error });
  const code = systemCode(error) ?? error.name;
  const because = { cause: error };
  if (code === 'ADDRESS_DENIED') return new ImageProblem('address_denied');
  if (error instanceof LookupFailed) return new ImageProblem('dns_failed', error.reason, because);
  if (error instanceof ConnectingTimedOut) return new ImageProblem('connect_failed', error.message, because);
  if (error instanceof errors.ConnectTimeoutError)
    return new ImageProblem('connect_failed', 'connection timed out', because);
  if (isTimeout(error)) return new ImageProblem('download_timeout', timeoutDetail(error), because);
  if (error instanceof UnreadableAnswer) return new ImageProblem('server_error', error.message, because);
  if (TLS_CODES.test(code)) return new ImageProblem('tls_failed', tlsDetail(code), because);
  if (UNREADABLE.some((kind) => error instanceof kind))
    return new ImageProblem('server_error', 'invalid HTTP response', because);
  if (error instanceof errors.SocketError)
    return new ImageProblem('connect_failed', 'connection closed without a response', because);
  if (HOST_CODES.has(code)) return new ImageProblem('connect_failed', code, because);
  return error;
}

/** Like networkProblem, for an error while the body is read: the download was cut short. */
export function bodyProblem(error: unknown): Error {
  const problem = networkProblem(error);
  if (!(problem instanceof ImageProblem) || problem.code === 'download_timeout') return problem;
  const detail = error instanceof UnreadableAnswer ? error.message : undefined;
  return new ImageProblem('truncated_download', detail, { cause: error });
}

const UNREADABLE = [
  errors.HTTPParserError,
  errors.HeadersOverflowError,
  errors.ResponseContentLengthMismatchError,
];

/** What a host, or the network on the way to it, does to a connection. EMFILE and ENOMEM are our own trouble. */
const HOST_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTCONN',
  'ESHUTDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'EACCES', // a firewall of this machine
  'EPERM',
  'EADDRNOTAVAIL', // no route for this address family
  'EAFNOSUPPORT',
  'EINVAL',
]);

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|EPROTO|EE_|CA_)/;

function tlsDetail(code: string): string {
  const detail = TLS_DETAILS.find(([pattern]) => pattern.test(code))?.[1];
  return detail === undefined ? code : `${detail}: ${code}`;
}

const TLS_DETAILS: readonly (readonly [RegExp, string])[] = [
  [/CERT_HAS_EXPIRED/, 'the certificate has expired'],
  [/CERT_NOT_YET_VALID/, 'the certificate is not valid yet'],
  [/ALTNAME|HOSTNAME_/, 'the certificate is for another host name'],
  [/SELF_SIGNED/, 'the certificate is self-signed'],
  [/UNABLE_TO_/, 'the certificate chain is incomplete, or its authority is unknown'],
  [/NO_APPLICATION_PROTOCOL/, 'the host supports only HTTP/2'],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, 'the host supports no TLS version from 1.2 on'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/, 'this port does not use TLS'],
  [/HANDSHAKE_FAILURE|NO_CIPHER|DH_KEY_TOO_SMALL|KEY_TOO_SMALL|MD_TOO_WEAK/, 'no secure cipher in common'],
];

/** Undefined for the time limit of the whole download: the problem's sentence says it. */
function timeoutDetail(error: Error): string | undefined {
  if (error instanceof errors.HeadersTimeoutError) return 'no response to the request';
  return error instanceof errors.BodyTimeoutError ? 'the body stalled' : undefined;
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    (error instanceof Error && error.name === 'TimeoutError')
  );
}
