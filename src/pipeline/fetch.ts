import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Dispatcher, errors, request } from 'undici';
import { systemCode } from '../errors.ts';
import type { Guard } from '../net/guard.ts';
import { StorageTrouble } from '../storage/storage.ts';
import { SNIFF_BYTES } from './formats.ts';
import { freshForS } from './freshness.ts';
import { imageFormat } from './probe.ts';
import { ImageProblem } from './problems.ts';
import type { SourceFile } from './source-files.ts';
import { HostBusy, type Visit } from './visit.ts';

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
  /** how long it need not be asked for again, see freshness.ts */
  freshForS: number;
};

/** What an answer said of itself, to ask whether it has changed (RFC 9110, 13.1). */
export type Validators = { etag: string | undefined; lastModified: string | undefined };

/** The bytes are still those of which the validators were told. */
export type NotModified = Validators & { notModified: true; freshForS: number };

export type FetchRules = {
  guard: Guard;
  maxBytes: number;
  userAgent: string;
  /** The folder that relative paths are read from: `minilab process` only, otherwise undefined. */
  localFolder: string | undefined;
  /** the places that the download takes at its hosts; undefined for a single one that somebody waits for */
  visit?: Visit;
};

const TOTAL_DEADLINE_MS = 30_000; // over all redirects: an origin that drips is not idle, but must end
const MAX_REDIRECTS = 5;
const ENCODINGS_ACCEPTED = new Set(['', 'identity']);
const DISCARD = { limit: 64 * 1024 };

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
  const source = await fetchChanged({ url, known: undefined }, file, rules, signal);
  if ('notModified' in source) throw new ImageProblem('http_error', 'HTTP 304'); // nobody asked whether
  return source;
}

/** As fetchSource; of a source that is known only where it has changed. */
export async function fetchChanged(
  { url, known }: { url: string; known: Validators | undefined },
  file: SourceFile,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<Source | NotModified> {
  if (rules.localFolder !== undefined && !/^https?:\/\//i.test(url))
    return readLocal(url, file, rules, rules.localFolder);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(TOTAL_DEADLINE_MS)]);
  try {
    const { response, finalUrl } = await openImage(url, rules, deadline, conditionsOf(known));
    const validators = { etag: header(response, 'etag'), lastModified: header(response, 'last-modified') };
    const fresh = freshForS((name) => header(response, name));
    if (response.statusCode === 304) {
      await response.body.dump(DISCARD);
      return { ...validators, notModified: true, freshForS: fresh };
    }
    const saved = await save(response, file, rules.maxBytes);
    return { path: file.path, ...saved, finalUrl, ...validators, freshForS: fresh };
  } catch (error) {
    signal.throwIfAborted();
    throw asProblem(error);
  }
}

/** The entity tag is the stronger one of the two, and a host that has one need not see the other. */
function conditionsOf(known: Validators | undefined): Record<string, string> {
  if (known?.etag !== undefined) return { 'if-none-match': known.etag };
  return known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified };
}

/** What a look at the first bytes of an image says. Null: it does not say. */
export type Look = {
  /** of the whole file, as the host says */
  bytes: number | null;
  contentType: string | null;
  head: Buffer;
};

/**
 * Asks for the first bytes of an image only.
 * @throws ImageProblem; the signal's reason when aborted
 */
export async function lookAt(
  url: string,
  rules: Pick<FetchRules, 'guard' | 'userAgent'>,
  signal: AbortSignal,
): Promise<Look> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOOK_DEADLINE_MS)]);
  try {
    const range = { range: `bytes=0-${LOOK_BYTES - 1}` };
    const { response } = await openImage(url, rules, deadline, range);
    let head = Buffer.alloc(0);
    for await (const chunk of chunksOf(response)) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= LOOK_BYTES) break;
    }
    return { bytes: wholeSize(response), contentType: header(response, 'content-type') ?? null, head };
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

/** Follows redirects to an answer whose body is the image as it is. */
async function openImage(
  start: string,
  rules: Pick<FetchRules, 'guard' | 'userAgent' | 'visit'>,
  signal: AbortSignal,
  headers: Record<string, string> = {},
) {
  let from: URL | undefined;
  let next = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const checked = rules.guard.check(next, from);
    if ('refused' in checked) throw new ImageProblem(checked.refused, checked.why);
    const ofHost = await rules.visit?.moveTo(checked.url, signal);
    const response = await request(checked.url, {
      dispatcher: rules.guard.agent,
      headers: {
        ...{ 'user-agent': rules.userAgent, accept: 'image/*,*/*;q=0.5', 'accept-encoding': 'identity' },
        ...headers,
        ...ofHost,
      },
      signal,
    });
    rules.visit?.answered();
    const location = header(response, 'location');
    const isPart = response.statusCode === 206 && 'range' in headers;
    const isUnchanged =
      response.statusCode === 304 && ('if-none-match' in headers || 'if-modified-since' in headers);
    if (isUnchanged) return { response, finalUrl: checked.url.href };
    if (response.statusCode === 200 || isPart) {
      refuseEncoding(response);
      return { response, finalUrl: checked.url.href };
    }
    await response.body.dump(DISCARD);
    if (!isRedirect(response.statusCode) || !location) throw statusProblem(response);
    from = checked.url;
    next = location;
  }
  throw new ImageProblem('too_many_redirects', `more than ${MAX_REDIRECTS}`);
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Which status is which failure: docs/errors.md. */
function statusProblem(response: Response): ImageProblem {
  const status = response.statusCode;
  const detail = `HTTP ${status}`;
  if (status === 429 || status === 503) {
    const asked = retryAfterMs(header(response, 'retry-after'));
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
  maxBytes: number,
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
    isKnown ||= head.length >= SNIFF_BYTES && imageFormat(head.subarray(0, SNIFF_BYTES)) !== undefined;
    await writer.add(chunk);
  }
  if (!isKnown) imageFormat(head);
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
    freshForS: 0,
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
  return new ImageProblem('connect_failed', code, because);
}

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
