import { isStale } from '../../net/answers.ts';
import type { Guard } from '../../net/guard.ts';
import { directLink } from '../../net/share-links.ts';
import { ImageProblem } from '../problems.ts';
import type { DownloadPermit } from './download-permit.ts';
import { requestOnce, type Response } from './exchange.ts';
import { freshForS } from './freshness.ts';
import { statusProblem } from './network-problems.ts';
import { drain, header, locationOf, mayBeImage } from './response.ts';

export type RequestRules = {
  guard: Guard;
  userAgent: string;
  /** Called for every hop, when its response has begun or failed. */
  trace?(hop: Hop): void;
  /** Limits the download at its hosts. Undefined for a single download that a user waits for. */
  permit?: DownloadPermit;
};

/** One request and its response; null where there was no response. */
export type Hop = {
  url: string;
  status: number | null;
  location: string | null;
  contentType: string | null;
  /** until the response headers arrived, including the time to connect */
  ms: number;
};

/** The response at the end of the redirects. Its body may be the image; 304 only if the request was conditional. */
export type FinalResponse = {
  response: Response;
  finalUrl: string;
  /** for how long the first URL need not be requested again: the shortest time of all hops */
  freshForS: number;
};

/** Headers of a request beside the usual ones. */
export type RequestExtras = {
  /** for every hop */
  headers?: Record<string, string>;
  /** for the hop with this URL only: validators belong to one resource, and redirects may now lead to another */
  conditions?: { url: string; headers: Record<string, string> } | undefined;
};

const MAX_REDIRECTS = 5;

/**
 * Requests a URL and follows its redirects.
 * @throws ImageProblem; HostBusy; errors of undici, see networkProblem
 */
export async function followRedirects(
  start: string,
  rules: RequestRules,
  extras: RequestExtras,
  signal: AbortSignal,
): Promise<FinalResponse> {
  let from: URL | undefined;
  let next = start;
  let shortestFreshS = Number.POSITIVE_INFINITY;
  let setsCookie = false;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const checked = rules.guard.check(next, from);
    if ('refused' in checked) throw new ImageProblem(checked.refused, checked.why);
    const url = directLink(checked.url);
    const conditions = url.href === extras.conditions?.url ? extras.conditions.headers : undefined;
    const hostHeaders = await rules.permit?.enterHost(url, signal);
    const headers = { ...extras.headers, ...conditions, ...hostHeaders };
    const response = await send(url, rules, signal, headers);
    rules.permit?.firstByte();
    const freshS = freshForS((name) => header(response, name));
    shortestFreshS = Math.min(shortestFreshS, freshS);
    const hasRange = extras.headers !== undefined && 'range' in extras.headers;
    if (mayBeImage(response, { hasRange, isConditional: conditions !== undefined }))
      return { response, finalUrl: url.href, freshForS: shortestFreshS };
    await drain(response, signal);
    const location = locationOf(response);
    if (location === undefined) throw statusProblem(response);
    setsCookie ||= header(response, 'set-cookie') !== undefined;
    from = url;
    next = location;
  }
  throw new ImageProblem('too_many_redirects', `more than ${MAX_REDIRECTS}${setsCookie ? COOKIE_HINT : ''}`);
}

const COOKIE_HINT =
  '; the host sets a cookie, but Minilab sends only cookies that are set as a request header of the host';

async function send(
  url: URL,
  { guard, userAgent, trace }: RequestRules,
  signal: AbortSignal,
  extraHeaders: Record<string, string>,
): Promise<Response> {
  const sentAt = performance.now();
  let response: Response | undefined;
  try {
    const headers = {
      'user-agent': userAgent,
      accept: 'image/*,*/*;q=0.5',
      'accept-encoding': 'identity',
      ...extraHeaders,
    };
    const rules = { agent: guard.agent, headers, signal };
    response = await requestOnce(url, rules).catch((error: unknown) => {
      if (!isStale(error)) throw error;
      return requestOnce(url, rules); // the host had closed the kept connection: RFC 9112, 9.3.1
    });
    return response;
  } finally {
    trace?.({
      url: url.href,
      status: response?.statusCode ?? null,
      location: (response && header(response, 'location')) ?? null,
      contentType: (response && header(response, 'content-type')) ?? null,
      ms: performance.now() - sentAt,
    });
  }
}
