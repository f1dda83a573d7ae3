import { isUtf8 } from 'node:buffer';
import { type Dispatcher, request } from 'undici';
import { isStale } from '../../net/answers.ts';
import type { Guard } from '../../net/guard.ts';
import { directLink } from '../../net/share-links.ts';
import { freshForS } from './freshness.ts';
import { statusProblem } from './network-problems.ts';
import { ImageProblem } from '../problems.ts';
import type { DownloadPermit } from './download-permit.ts';

export type Response = Dispatcher.ResponseData;

export type RequestRules = {
  guard: Guard;
  userAgent: string;
  /** is told of every hop of a download, when its answer has begun or failed */
  trace?(hop: Hop): void;
  /** the places that the download takes at its hosts; undefined for a single one that somebody waits for */
  permit?: DownloadPermit;
};

/** A request, and the beginning of its answer; null where there was none. */
export type Hop = {
  url: string;
  status: number | null;
  location: string | null;
  contentType: string | null;
  /** until the answer's headers were there, with connecting where that was needed */
  ms: number;
};

/** An answer whose body may be the image, or 304 where that was asked. */
export type Answer = {
  response: Response;
  finalUrl: string;
  /** for how long the first URL need not be asked again: as long as every hop says so */
  freshForS: number;
};

/** What is asked for beside the image itself. */
export type RequestExtras = {
  /** of every hop */
  headers?: Record<string, string>;
  /** of the hop with this URL only: validators belong to one resource, and to no other at the end of another redirect */
  conditions?: { url: string; headers: Record<string, string> } | undefined;
};

const MAX_REDIRECTS = 5;
const DRAIN = { limit: 64 * 1024, ms: 1_000 };

/**
 * Follows redirects to the image.
 * @throws ImageProblem; HostBusy; what undici throws, see networkProblem
 */
export async function followRedirects(
  start: string,
  rules: RequestRules,
  extras: RequestExtras,
  signal: AbortSignal,
): Promise<Answer> {
  let from: URL | undefined;
  let next = start;
  let fresh = Number.POSITIVE_INFINITY;
  let setsCookie = false;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const checked = rules.guard.check(next, from);
    if ('refused' in checked) throw new ImageProblem(checked.refused, checked.why);
    const url = directLink(checked.url);
    const conditions = url.href === extras.conditions?.url ? extras.conditions.headers : undefined;
    const ofHost = await rules.permit?.enterHost(url, signal);
    const response = await ask(url, rules, signal, { ...extras.headers, ...conditions, ...ofHost });
    rules.permit?.firstByte();
    fresh = Math.min(
      fresh,
      freshForS((name) => header(response, name)),
    );
    if (mayBeImage(response, { ...extras, conditions }))
      return { response, finalUrl: url.href, freshForS: fresh };
    await drain(response, signal);
    const location = locationOf(response);
    if (location === undefined) throw statusProblem(response);
    setsCookie ||= header(response, 'set-cookie') !== undefined;
    from = url;
    next = location;
  }
  throw new ImageProblem(
    'too_many_redirects',
    `more than ${MAX_REDIRECTS}${setsCookie ? COOKIE_WANTED : ''}`,
  );
}

const COOKIE_WANTED =
  '; the host sets a cookie on the way, which Minilab sends back only where it is set as a header of the host';

/** The whole, or a part or nothing where that was asked for. What it is, its first bytes will say. */
function mayBeImage(
  response: Response,
  { headers, conditions }: { headers?: object; conditions: object | undefined },
): boolean {
  const { statusCode: status } = response;
  if (status === 206) return (headers !== undefined && 'range' in headers) || isOfTheWhole(response);
  if (status === 304) return conditions !== undefined;
  if (status >= 300 && status < 400) return locationOf(response) === undefined;
  return status >= 200 && status < 300 && status !== 204 && status !== 205;
}

/** Some hosts answer a part that is all there is. */
function isOfTheWhole(response: Response): boolean {
  const [, end, size] = /^bytes 0-(\d+)\/(\d+)$/i.exec(header(response, 'content-range')?.trim() ?? '') ?? [];
  return end !== undefined && Number(end) + 1 === Number(size);
}

/** Where an answer leads; 304 leads nowhere. */
function locationOf(response: Response): string | undefined {
  const { statusCode: status } = response;
  if (status < 300 || status >= 400 || status === 304) return undefined;
  const location = header(response, 'location')?.trim() ?? '';
  return location === '' ? undefined : locationText(location);
}

/**
 * A Location in UTF-8, which arrives as latin1; what is no UTF-8 is escaped byte by byte.
 * Source: curl and browsers alike, for what RFC 9110, 10.2.2 does not allow.
 */
function locationText(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1');
  if (isUtf8(buffer)) return buffer.toString();
  return bytes.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function ask(
  url: URL,
  { guard, userAgent, trace }: RequestRules,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<Response> {
  const askedAt = performance.now();
  let response: Response | undefined;
  try {
    const options = {
      dispatcher: guard.agent,
      headers: {
        ...{ 'user-agent': userAgent, accept: 'image/*,*/*;q=0.5', 'accept-encoding': 'identity' },
        ...headers,
      },
      signal,
    };
    response = await request(url, options).catch((error: unknown) => {
      if (!isStale(error)) throw error;
      return request(url, options); // the host closed the connection of an earlier request: RFC 9112, 9.3.1
    });
    // A body that breaks off, or is not read to its end, emits an error: unheard it would end the process.
    response.body.on('error', () => {});
    return response;
  } finally {
    trace?.({
      url: url.href,
      status: response?.statusCode ?? null,
      location: (response && header(response, 'location')) ?? null,
      contentType: (response && header(response, 'content-type')) ?? null,
      ms: performance.now() - askedAt,
    });
  }
}

/** Reads the rest of an answer, so that its connection can be used again, unless that costs more than a new one. */
export async function drain({ body }: Response, signal: AbortSignal): Promise<void> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(DRAIN.ms)]);
  await body.dump({ limit: DRAIN.limit, signal: enough }).catch(() => {});
  signal.throwIfAborted();
}

/** A header that came several times is a list (RFC 9110, 5.2); of those that are none the first counts. */
export function header(response: Response, name: string): string | undefined {
  const value = response.headers[name];
  if (!Array.isArray(value)) return value;
  return LISTS.has(name) ? value.join(', ') : value[0];
}

const LISTS = new Set(['cache-control', 'content-encoding', 'vary']);
