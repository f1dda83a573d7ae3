/** Reads what an HTTP response says, as leniently as browsers do. */
import { isUtf8 } from 'node:buffer';
import { withDeadline } from '../../deadline.ts';
import type { Response } from './exchange.ts';
import type { ResponseBody } from './response-body.ts';

const LIST_HEADERS = new Set(['cache-control', 'content-encoding', 'vary']);
const DRAIN = { limit: 64 * 1024, ms: 1_000 };

/** A header by its lower-case name. Of one that is sent several times: the list (RFC 9110, 5.2), else the first. */
export function header(response: Response, name: string): string | undefined {
  const value = response.headers[name];
  if (!Array.isArray(value)) return value;
  return LIST_HEADERS.has(name) ? value.join(', ') : value[0];
}

/** Reads the rest of a body, so that its connection can be reused, unless that costs more than a new one. */
export async function drain(response: Response, signal: AbortSignal): Promise<void> {
  using enough = withDeadline(signal, DRAIN.ms);
  const stop = (): void => response.body.destroy();
  enough.signal.addEventListener('abort', stop);
  if (Number(header(response, 'content-length') ?? 0) > DRAIN.limit) stop();
  await readAtMost(response.body, DRAIN.limit).catch(() => {});
  enough.signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
}

async function readAtMost(body: ResponseBody, limit: number): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limit) return;
  }
}

/**
 * Whether the status lets the body be the image. Whether it is one, its first bytes decide (save.ts).
 * @param request `hasRange`, `isConditional`: whether 206 or 304 was asked for
 */
export function mayBeImage(
  response: Response,
  request: { hasRange: boolean; isConditional: boolean },
): boolean {
  const { statusCode: status } = response;
  if (status === 206) return request.hasRange || isWholeRange(response);
  if (status === 304) return request.isConditional;
  if (status >= 300 && status < 400) return locationOf(response) === undefined;
  return status >= 200 && status < 300 && status !== 204 && status !== 205;
}

/** Some hosts send the whole file as one range. */
function isWholeRange(response: Response): boolean {
  const [, end, size] = /^bytes 0-(\d+)\/(\d+)$/i.exec(header(response, 'content-range')?.trim() ?? '') ?? [];
  return end !== undefined && Number(end) + 1 === Number(size);
}

/** The target of a redirect. 304 is no redirect. */
export function locationOf(response: Response): string | undefined {
  const { statusCode: status } = response;
  if (status < 300 || status >= 400 || status === 304) return undefined;
  const location = header(response, 'location')?.trim() ?? '';
  return location === '' ? undefined : decodedLocation(location);
}

/**
 * RFC 9110, 10.2.2 allows ASCII only, but curl and browsers accept UTF-8, which arrives here as latin1.
 * Bytes that are not UTF-8 are percent-encoded.
 */
function decodedLocation(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  if (isUtf8(bytes)) return bytes.toString();
  return latin1.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
