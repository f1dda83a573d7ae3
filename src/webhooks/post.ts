import { request } from 'undici';
import { systemCode } from '../errors.ts';
import { publicId } from '../ids.ts';
import type { Guard } from '../net/guard.ts';
import { retryAfterMs } from '../net/retry-after.ts';
import type { Overload } from './schedule.ts';
import { sign } from './signing.ts';

export type Delivery = {
  event_id: string;
  url: string;
  /** the secrets and private keys that sign, the newest first */
  keys: string[];
  body: string;
  /** the database's clock, milliseconds since 1970: receivers refuse timestamps that are five minutes off */
  now: number;
};

/** The result of an attempt. `status` is null if there was no response; then `error` says why. */
export type Attempt = {
  status: number | null;
  error: string | null;
  durationMs: number;
  /** the headers that were sent; empty if nothing was */
  headers: Record<string, string>;
  /** the beginning of the response's body */
  answer: string;
  /** the first of the response's headers */
  answerHeaders: Record<string, string>;
  timedOut: boolean;
  overload: Overload;
  /** the guard denied it: `never` until a setting changes, `not_now` if DNS may change */
  refused?: 'never' | 'not_now';
};

const MAX_ANSWER_BYTES = 16 * 1024;
const MAX_ANSWER_HEADERS = 40;
const MAX_HEADER_CHARACTERS = 400;
const DENIED = 'its name resolves to a private address; ALLOWED_PRIVATE_NETWORKS allows private networks';
const TIMED_OUT = new Set([
  'TimeoutError',
  'ConnectingTimedOut',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
  'ETIMEOUT',
]);

/** Sends one attempt. Redirects are not followed. */
export async function post(
  delivery: Delivery,
  { guard, userAgent, timeoutMs }: { guard: Guard; userAgent: string; timeoutMs: number },
  signal: AbortSignal,
): Promise<Attempt> {
  const startedAt = performance.now();
  const result = (rest: Partial<Attempt>): Attempt => ({
    status: null,
    error: null,
    headers: {},
    answer: '',
    answerHeaders: {},
    timedOut: false,
    overload: { retryAfterMs: undefined, isOverloaded: false },
    ...rest,
    durationMs: Math.round(performance.now() - startedAt),
  });
  const checked = guard.checkReceiver(delivery.url);
  if ('refused' in checked) return result({ error: `not sent: ${checked.why}`, refused: 'never' });
  const { now: at, body } = delivery;
  const sent = {
    ...sign(delivery.keys, { id: publicId('evt', delivery.event_id), at, body }),
    'content-type': 'application/json',
    'user-agent': userAgent,
  };
  try {
    const response = await request(checked.url, {
      dispatcher: guard.agent,
      method: 'POST',
      headers: sent,
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headersTimeout: 0, // the guard's limits are for images; the signal above is the limit here
      bodyTimeout: 0,
    });
    const { statusCode: status, headers } = response;
    const overload = { retryAfterMs: retryAfterMs(headers), isOverloaded: status === 429 };
    const answer = await beginning(response.body);
    return result({ status, overload, headers: sent, answer, answerHeaders: firstHeaders(headers) });
  } catch (error) {
    return result({ headers: sent, ...failure(error as Error, timeoutMs) });
  }
}

function failure(error: Error, timeoutMs: number): Partial<Attempt> {
  const code = systemCode(error);
  if (code === 'ADDRESS_DENIED') return { error: `not sent: ${DENIED}`, refused: 'not_now', headers: {} };
  const timedOut = TIMED_OUT.has(error.name) || (code !== undefined && TIMED_OUT.has(code));
  const said = error.name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : error.message;
  const overload = { retryAfterMs: undefined, isOverloaded: timedOut };
  return { error: said || code || error.name, timedOut, overload };
}

/**
 * The first 16 KiB of a response body, without NULs, which PostgreSQL's text cannot hold. The status has been
 * received before, so a body that breaks off or never ends changes nothing.
 */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
  let read = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      read = Buffer.concat([read, chunk]);
      if (read.length >= MAX_ANSWER_BYTES) break; // leaving the loop destroys the rest
    }
  } catch {}
  return read.subarray(0, MAX_ANSWER_BYTES).toString('utf8').replaceAll('\0', '');
}

/** The first 40 headers of a response, each with its first 400 characters. Cookies are the receiver's own business. */
function firstHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const shown = Object.entries(headers).filter(([name]) => name !== 'set-cookie');
  return Object.fromEntries(
    shown
      .slice(0, MAX_ANSWER_HEADERS)
      .map(([name, value]) => [name, String(value).slice(0, MAX_HEADER_CHARACTERS)]),
  );
}
