/** What goes wrong between a host and us, and what it means for the image. */
import { type Dispatcher, errors } from 'undici';
import { systemCode } from '../../errors.ts';
import { UnreadableAnswer } from '../../net/answer-head.ts';
import { ConnectingTimedOut } from '../../net/connecting.ts';
import { LookupFailed } from '../../net/resolver.ts';
import { retryAfterMs } from '../../net/retry-after.ts';
import { ImageProblem } from '../problems.ts';

/** Which status is which failure: docs/errors.md. */
export function statusProblem({ statusCode: status, headers }: Dispatcher.ResponseData): ImageProblem {
  const detail = `HTTP ${status}`;
  if (status === 429 || status === 503) {
    const asked = askedHoldMs(headers);
    return new ImageProblem('rate_limited', detail, {
      holdHostMs: asked ?? HOLD_MS.min,
      retryAfterMs: asked,
    });
  }
  if ([408, 425, 500, 502, 504].includes(status)) return new ImageProblem('server_error', detail);
  if (status === 401 || status === 403) return new ImageProblem('access_denied', detail);
  if (status === 404 || status === 410) return new ImageProblem('not_found', detail);
  if (status === 206)
    return new ImageProblem('http_error', `${detail}: a part, though the whole was asked for`);
  if (status >= 300 && status < 400 && status !== 304)
    return new ImageProblem('http_error', `${detail} without a Location`);
  return new ImageProblem('http_error', detail);
}

/** How long a host that refuses requests is held. Without a `Retry-After`, holds grow from `min` to `max` (hosts/host-feedback.ts). */
export const HOLD_MS = { min: 30_000, max: 3_600_000 };

/** `Retry-After`, clamped to 30 s to 1 h. */
function askedHoldMs(headers: Dispatcher.ResponseData['headers']): number | undefined {
  if (headers['retry-after'] === undefined) return undefined;
  return Math.min(Math.max(retryAfterMs(headers) ?? 0, HOLD_MS.min), HOLD_MS.max);
}

/**
 * What the network's errors mean for the image: those of the guard, the codes of Node (libuv, OpenSSL), and
 * undici's. What is none of these is a mistake of ours, stays as it is, and is nothing that a host did.
 */
export function networkProblem(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`thrown: ${String(error)}`, { cause: error });
  const code = systemCode(error) ?? error.name;
  const because = { cause: error };
  if (code === 'ADDRESS_DENIED') return new ImageProblem('address_denied');
  if (error instanceof LookupFailed) return new ImageProblem('dns_failed', error.reason, because);
  if (error instanceof ConnectingTimedOut) return new ImageProblem('connect_failed', error.message, because);
  if (error instanceof errors.ConnectTimeoutError)
    return new ImageProblem('connect_failed', 'no answer to a connection', because);
  if (isTimeout(error)) return new ImageProblem('download_timeout', timeoutDetail(error), because);
  if (error instanceof UnreadableAnswer) return new ImageProblem('server_error', error.message, because);
  if (TLS_CODES.test(code)) return new ImageProblem('tls_failed', tlsDetail(code), because);
  if (UNREADABLE.some((kind) => error instanceof kind))
    return new ImageProblem('server_error', 'its answer cannot be read', because);
  if (error instanceof errors.SocketError)
    return new ImageProblem('connect_failed', 'it closed the connection without an answer', because);
  if (HOST_CODES.has(code)) return new ImageProblem('connect_failed', code, because);
  return error;
}

/** As `networkProblem`, of an answer that had begun: a body that breaks off is cut short. */
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

/** What a host, or the network on the way to it, does to a connection. Without files or memory we are ourselves to blame. */
const HOST_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTCONN', 'ESHUTDOWN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENETRESET'],
  ...['EACCES', 'EPERM', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'], // a firewall; no way in this family
]);

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|EPROTO|EE_|CA_)/;

function tlsDetail(code: string): string {
  const said = TLS_DETAILS.find(([pattern]) => pattern.test(code))?.[1];
  return said === undefined ? code : `${said}: ${code}`;
}

const TLS_DETAILS: readonly (readonly [RegExp, string])[] = [
  [/CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [/CERT_NOT_YET_VALID/, 'its certificate is not valid yet'],
  [/ALTNAME|HOSTNAME_/, 'its certificate is for another name'],
  [/SELF_SIGNED/, 'its certificate is signed by itself'],
  [/UNABLE_TO_/, 'a certificate between its own and a known authority is missing'],
  [/NO_APPLICATION_PROTOCOL/, 'it speaks HTTP/2 only'],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, 'its version of TLS is older than 1.2'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/, 'it speaks no TLS at this port'],
  [
    /HANDSHAKE_FAILURE|NO_CIPHER|DH_KEY_TOO_SMALL|KEY_TOO_SMALL|MD_TOO_WEAK/,
    'no secure way to encrypt is known to both',
  ],
];

/** Undefined for what is over the whole: the sentence says it. */
function timeoutDetail(error: Error): string | undefined {
  if (error instanceof errors.HeadersTimeoutError) return 'no answer to the request';
  return error instanceof errors.BodyTimeoutError ? 'the body stood still' : undefined;
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    (error instanceof Error && error.name === 'TimeoutError')
  );
}
