import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../../errors.ts';
import { NotAFile, openRegularFile } from '../../files.ts';
import { type AskRules, drain, header, openImage, type Response, type Wishes } from './request.ts';
import { codingsOf, decoded, isKnown } from './codings.ts';
import { imageFormat, SNIFF_BYTES } from '../sniff.ts';
import { asProblem, bodyProblem, statusProblem } from './network-problems.ts';
import { withDeadline } from '../deadline.ts';
import { freeMemory } from '../free-memory.ts';
import { ImageProblem } from '../problems.ts';
import type { SourceFile } from './source-files.ts';

/** The bytes behind a URL, in a file of ours. */
export type Source = {
  path: string;
  bytes: number;
  sha256: Buffer;
  /** after redirects */
  finalUrl: string;
  etag: string | undefined;
  lastModified: string | undefined;
  /** how long it need not be asked for again, see freshness.ts */
  freshForS: number;
};

/** What an answer said of itself, to ask whether it has changed (RFC 9110, 13.1). */
export type Validators = { etag: string | undefined; lastModified: string | undefined };

/** Validators, and the URL that they belong to: the last one of the redirects. */
export type KnownAnswer = Validators & { finalUrl: string };

/** The bytes are still those of which the validators were told. */
export type NotModified = Validators & { notModified: true; freshForS: number };

export type FetchRules = AskRules & {
  maxBytes: number;
  /** The folder that relative paths are read from: `minilab process` only, otherwise undefined. */
  localFolder: string | undefined;
};

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
  { url, known }: { url: string; known: KnownAnswer | undefined },
  file: SourceFile,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<Source | NotModified> {
  if (rules.localFolder !== undefined && !/^https?:\/\//i.test(url))
    return readLocal(url, file, rules, rules.localFolder);
  using deadline = withDeadline(signal, rules.guard.bounds.totalMs);
  try {
    const answer = await openImage(url, rules, { conditions: conditionsOf(known) }, deadline.signal);
    const { response, finalUrl, freshForS } = answer;
    const validators = { etag: header(response, 'etag'), lastModified: header(response, 'last-modified') };
    if (response.statusCode === 304) {
      await drain(response, deadline.signal);
      return { ...validators, notModified: true, freshForS };
    }
    const saved = await save(response, file, { maxBytes: rules.maxBytes, finalUrl });
    return { path: file.path, ...saved, finalUrl, ...validators, freshForS };
  } catch (error) {
    signal.throwIfAborted();
    throw asProblem(error);
  }
}

/** The entity tag is the stronger one of the two, and a host that has one need not see the other. */
function conditionsOf(known: KnownAnswer | undefined): Wishes['conditions'] {
  if (known === undefined) return undefined;
  const { finalUrl: url, etag, lastModified } = known;
  if (etag !== undefined) return { url, headers: { 'if-none-match': etag } };
  return lastModified === undefined ? undefined : { url, headers: { 'if-modified-since': lastModified } };
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
    const headers = { range: `bytes=0-${LOOK_BYTES - 1}` };
    const { response, finalUrl } = await openImage(url, rules, { headers }, deadline);
    let head = Buffer.alloc(0);
    for await (const chunk of contentOf(response, LOOK_MAX_BYTES).chunks) {
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
const LOOK_MAX_BYTES = 2 ** 20; // what one step of a decoder may bring at a time

function wholeSize(response: Response): number | null {
  if (codingsOf(header(response, 'content-encoding')).length > 0) return null;
  const size =
    response.statusCode === 206
      ? /\/(\d+)$/.exec(header(response, 'content-range') ?? '')?.[1]
      : header(response, 'content-length');
  return size === undefined ? null : Number(size);
}

/** Streams the body into the file, and stops at the first bytes that are no image, or one byte too many. */
async function save(
  response: Response,
  file: SourceFile,
  { maxBytes, finalUrl }: { maxBytes: number; finalUrl: string },
): Promise<{ bytes: number; sha256: Buffer }> {
  const announced = header(response, 'content-length');
  if (Number(announced ?? 0) > maxBytes) {
    response.body.destroy();
    throw tooLarge(maxBytes);
  }
  const { chunks, received, isCoded } = contentOf(response, maxBytes);
  // With chunked framing several chunks of a body share their memory, so it must not be freed; decoders share
  // theirs, too.
  const writer = file.rewrite(announced === undefined || isCoded ? undefined : freeMemory);
  let head = Buffer.alloc(0);
  let isKnownFormat = false;
  for await (const chunk of chunks) {
    if (writer.bytes() + chunk.length > maxBytes) throw tooLarge(maxBytes);
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    isKnownFormat ||= head.length >= SNIFF_BYTES && isImage(head, response, finalUrl);
    await writer.add(chunk);
  }
  if (!isKnownFormat) isImage(head, response, finalUrl);
  const bytes = isCoded ? received() : writer.bytes();
  if (announced !== undefined && bytes !== Number(announced))
    throw new ImageProblem('truncated_download', `${bytes} of ${announced} bytes`);
  return await writer.finish();
}

/** @throws ImageProblem where it is none: what the host said of it explains that better than its bytes do */
function isImage(head: Buffer, response: Response, finalUrl: string): true {
  try {
    imageFormat(head, finalUrl);
    return true;
  } catch (error) {
    if (!(error instanceof ImageProblem) || error.code !== 'not_an_image') throw error;
    const unknown = codingsOf(header(response, 'content-encoding')).filter((coding) => !isKnown(coding));
    if (unknown.length > 0) throw new ImageProblem('encoding_refused', unknown.join(', ').slice(0, 60));
    const { statusCode } = response;
    throw statusCode === 200 || statusCode === 206 ? error : statusProblem(response);
  }
}

/** The body as its host has it in store, and how many bytes of it have come. */
function contentOf(
  response: Response,
  maxBytes: number,
): { chunks: AsyncIterable<Buffer>; received(): number; isCoded: boolean } {
  const codings = codingsOf(header(response, 'content-encoding'));
  if (codings.length === 0) return { chunks: chunksOf(response), received: () => 0, isCoded: false };
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(response)) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* decoded(counted(), codings, { maxBytes, tooLarge: () => tooLarge(maxBytes) });
    } finally {
      response.body.destroy(); // at once: a decoder may wait for more of it
    }
  };
  return { chunks: chunks(), received: () => bytes, isCoded: true };
}

const HEAD_BYTES = 32 * 1024; // holds the title of a web page, which says why there is no image

async function* chunksOf(response: Response): AsyncGenerator<Buffer> {
  try {
    yield* response.body as AsyncIterable<Buffer>;
  } catch (error) {
    throw bodyProblem(error);
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
  const writer = file.rewrite();
  for await (const chunk of localChunks(real, name)) {
    if (writer.bytes() + chunk.length > rules.maxBytes) throw tooLarge(rules.maxBytes);
    await writer.add(chunk);
  }
  return {
    path: file.path,
    ...(await writer.finish()),
    finalUrl: name,
    etag: undefined,
    lastModified: undefined,
    freshForS: 0,
  };
}

async function* localChunks(path: string, name: string): AsyncGenerator<Buffer> {
  try {
    const handle = await openRegularFile(path);
    yield* handle.createReadStream() as AsyncIterable<Buffer>;
  } catch (error) {
    const why = error instanceof NotAFile ? error.message : systemCode(error);
    throw new ImageProblem('file_not_found', `${name}: ${why}`, { cause: error });
  }
}
