import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Dispatcher, errors, request } from 'undici';
import { systemCode } from '../errors.ts';
import type { Guard } from '../net/guard.ts';
import { directLink } from '../net/share-links.ts';
import { StorageTrouble } from '../storage/storage.ts';
import { SNIFF_BYTES } from './formats.ts';
import { imageFormat } from './probe.ts';
import { ImageProblem } from './problems.ts';
import type { SourceFile } from './source-files.ts';

/** The bytes behind a URL, in a file of ours. */
export type Source = {
  path: string;
  bytes: number;
  sha256: Buffer;
  /** its first bytes, mostly with the whole header; may be empty */
  head: Buffer;
  /** after redirects */
  finalUrl: string;
  etag: string | undefined;
  lastModified: string | undefined;
};

export type FetchRules = {
  guard: Guard;
  maxBytes: number;
  userAgent: string;
  /** The folder that relative paths are read from: `minilab process` only, otherwise undefined. */
  localFolder: string | undefined;
  /** is told of every hop of a download, when its answer has begun or failed */
  trace?(hop: Hop): void;
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

const MAX_REDIRECTS = 5;
const ENCODINGS_ACCEPTED = new Set(['', 'identity']);
const DRAIN = { limit: 64 * 1024, ms: 1_000 };

/**
 * Downloads a source into a file, within the bounds of time and size.
 * @throws ImageProblem; StorageTrouble when our own disk fails; the signal's reason when aborted
 */
export async function fetchSource(
  url: string,
  file: SourceFile,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<Source> {
  if (rules.localFolder !== undefined && !/^https?:\/\//i.test(url))
    return readLocal(url, file, rules, rules.localFolder);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(rules.guard.bounds.totalMs)]);
  try {
    const { response, finalUrl } = await openImage(url, rules, deadline);
    return {
      path: file.path,
      ...(await save(response, file, { maxBytes: rules.maxBytes, finalUrl })),
      finalUrl,
      etag: header(response, 'etag'),
      lastModified: header(response, 'last-modified'),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw asProblem(error);
  }
}

/** What a look at the first bytes of an image says. Null: it does not say. */
export type Look = {
  /** of the whole file, as the host says */
  bytes: number | null;
  contentType: string | null;
  finalUrl: string;
  head: Buffer;
};

/**
 * Asks for the first bytes of an image only.
 * @throws ImageProblem; the signal's reason when aborted
 */
export async function lookAt(url: string, rules: AskRules, signal: AbortSignal): Promise<Look> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOOK_DEADLINE_MS)]);
  try {
    const range = { range: `bytes=0-${LOOK_BYTES - 1}` };
    const { response, finalUrl } = await openImage(url, rules, deadline, range);
    let head = Buffer.alloc(0);
    for await (const chunk of chunksOf(response)) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= LOOK_BYTES) break;
    }
    const contentType = header(response, 'content-type') ?? null;
    return { bytes: wholeSize(response), contentType, finalUrl, head };
  } catch (error) {
    signal.throwIfAborted();
    throw asProblem(error);
  }
}

const LOOK_DEADLINE_MS = 10_000;
const LOOK_BYTES = 64 * 1024; // the size of a picture stands within these in all but a few files

function wholeSize(response: Response): number | null {
  const size =
    response.statusCode === 206
      ? /\/(\d+)$/.exec(header(response, 'content-range') ?? '')?.[1]
      : header(response, 'content-length');
  return size === undefined ? null : Number(size);
}

type Response = Dispatcher.ResponseData;
type AskRules = Pick<FetchRules, 'guard' | 'userAgent' | 'trace'>;

/** Follows redirects to an answer whose body is the image as it is. */
async function openImage(
  start: string,
  rules: AskRules,
  signal: AbortSignal,
  headers: Record<string, string> = {},
) {
  let from: URL | undefined;
  let next = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const checked = rules.guard.check(next, from);
    if ('refused' in checked) throw new ImageProblem(checked.refused, checked.why);
    const url = directLink(checked.url);
    const response = await ask(url, rules, signal, headers);
    const location = header(response, 'location');
    const isPart = response.statusCode === 206 && 'range' in headers;
    if (response.statusCode === 200 || isPart) {
      refuseEncoding(response);
      return { response, finalUrl: url.href };
    }
    await drain(response, signal);
    if (!isRedirect(response.statusCode) || !location) throw statusProblem(response);
    from = url;
    next = location;
  }
  throw new ImageProblem('too_many_redirects', `more than ${MAX_REDIRECTS}`);
}

async function ask(
  url: URL,
  { guard, userAgent, trace }: AskRules,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<Response> {
  const askedAt = performance.now();
  let response: Response | undefined;
  try {
    response = await request(url, {
      dispatcher: guard.agent,
      headers: {
        ...{ 'user-agent': userAgent, accept: 'image/*,*/*;q=0.5', 'accept-encoding': 'identity' },
        ...headers,
      },
      signal,
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
async function drain({ body }: Response, signal: AbortSignal): Promise<void> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(DRAIN.ms)]);
  await body.dump({ limit: DRAIN.limit, signal: enough }).catch(() => {});
  signal.throwIfAborted();
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Which status is which failure: docs/errors.md. */
function statusProblem(response: Response): ImageProblem {
  const status = response.statusCode;
  const detail = `HTTP ${status}`;
  if (status === 429 || status === 503)
    return new ImageProblem('rate_limited', detail, {
      holdHostMs: retryAfterMs(header(response, 'retry-after')),
    });
  if ([408, 425, 500, 502, 504].includes(status)) return new ImageProblem('server_error', detail);
  if (status === 401 || status === 403) return new ImageProblem('access_denied', detail);
  if (status === 404 || status === 410) return new ImageProblem('not_found', detail);
  return new ImageProblem('http_error', detail);
}

const SHORTEST_HOLD_MS = 30_000;
const LONGEST_HOLD_MS = 3_600_000;

/** Seconds or an HTTP date (RFC 9110, 10.2.3), within 30 s and 1 h; 30 s where it is missing. */
function retryAfterMs(value: string | undefined): number {
  if (value === undefined) return SHORTEST_HOLD_MS;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Math.min(Math.max(Number.isNaN(ms) ? 0 : ms, SHORTEST_HOLD_MS), LONGEST_HOLD_MS);
}

function refuseEncoding(response: Response): void {
  const encoding = (header(response, 'content-encoding') ?? '').trim().toLowerCase();
  if (ENCODINGS_ACCEPTED.has(encoding)) return;
  response.body.destroy(); // 172 bytes of brotli can be 100 MB
  throw new ImageProblem('encoding_refused', encoding);
}

/** Streams the body into the file, and stops at the first bytes that are no image, or one byte too many. */
async function save(
  response: Response,
  file: SourceFile,
  { maxBytes, finalUrl }: { maxBytes: number; finalUrl: string },
): Promise<{ bytes: number; sha256: Buffer; head: Buffer }> {
  const announced = header(response, 'content-length');
  if (Number(announced ?? 0) > maxBytes) {
    response.body.destroy();
    throw tooLarge(maxBytes);
  }
  // With chunked framing several chunks of a body share their memory, so it must not be freed.
  const writer = file.rewrite(announced === undefined ? undefined : freeMemory);
  let head = Buffer.alloc(0);
  let isKnown = false;
  for await (const chunk of chunksOf(response)) {
    if (writer.bytes() + chunk.length > maxBytes) throw tooLarge(maxBytes);
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    isKnown ||= head.length >= SNIFF_BYTES && imageFormat(head, finalUrl) !== undefined;
    await writer.add(chunk);
  }
  if (!isKnown) imageFormat(head, finalUrl);
  if (announced !== undefined && writer.bytes() !== Number(announced))
    throw new ImageProblem('truncated_download', `${writer.bytes()} of ${announced} bytes`);
  return { ...(await writer.finish()), head };
}

const HEAD_BYTES = 32 * 1024; // holds the header of most files

/**
 * Frees a chunk's memory now. Left to the garbage collector, the chunks of 64 KiB (tens of MB a second)
 * made it go through the whole heap every second or two: a fifth of the worker's CPU (bench/end-to-end.ts).
 * What may be a piece of Buffer's pool, which others use too, is left alone.
 */
function freeMemory({ buffer, byteOffset, length }: Buffer): void {
  const isItsEnd = byteOffset + length === buffer.byteLength;
  const mayBePooled = buffer.byteLength === Buffer.poolSize && length <= Buffer.poolSize / 2;
  if (isItsEnd && !mayBePooled && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** A body that breaks off is cut short; one that stands still has timed out. */
async function* chunksOf(response: Response): AsyncGenerator<Buffer> {
  try {
    yield* response.body as AsyncIterable<Buffer>;
  } catch (error) {
    if (isTimeout(error)) throw error;
    throw new ImageProblem('truncated_download', undefined, { cause: error });
  }
}

function tooLarge(maxBytes: number): ImageProblem {
  return new ImageProblem('source_too_large', `more than ${Math.round(maxBytes / 1e5) / 10} MB`);
}

/** A file below the CSV's own folder; links and `..` that lead out of it find nothing. */
async function readLocal(name: string, file: SourceFile, rules: FetchRules, folder: string): Promise<Source> {
  const root = await realpath(folder);
  const real = await realpath(join(root, name)).catch(() => undefined);
  if (real === undefined || !real.startsWith(root + sep)) throw new ImageProblem('file_not_found', name);
  const { size } = await stat(real);
  if (size > rules.maxBytes) throw tooLarge(rules.maxBytes);
  const writer = file.rewrite();
  for await (const chunk of localChunks(real, name)) await writer.add(chunk);
  return {
    path: file.path,
    ...(await writer.finish()),
    head: Buffer.alloc(0),
    finalUrl: name,
    etag: undefined,
    lastModified: undefined,
  };
}

async function* localChunks(path: string, name: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new ImageProblem('file_not_found', `${name}: ${systemCode(error)}`, { cause: error });
  }
}

function header(response: Response, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What the network's errors mean for the image: the codes of Node (c-ares, libuv, OpenSSL) and undici. */
function asProblem(error: unknown): Error {
  if (error instanceof ImageProblem || error instanceof StorageTrouble) return error;
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

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    (error instanceof Error && error.name === 'TimeoutError')
  );
}
