/** Undoes content codings (RFC 9110, 8.4), which some hosts apply although the request asks for none. */
import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { systemCode } from '../../errors.ts';
import { SNIFF_BYTES, sniff } from '../sniff.ts';
import { ImageProblem } from '../problems.ts';

type Chunks = AsyncIterable<Buffer>;

const MAX_CODINGS = 2; // one by the application, and one by a proxy in front of it
const NO_CODINGS = new Set(['', 'identity', 'none']);
const ZLIB = { finishFlush: zlib.constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 }; // curl and browsers accept a stream without an end, too

/** Decompressors by coding; the first bytes decide between variants. */
const DECODERS = new Map<string, (first: Buffer) => Transform>([
  ['gzip', () => zlib.createGunzip(ZLIB)],
  // The zlib format, or raw deflate, which some servers send under the same name.
  [
    'deflate',
    (first) => (((first[0] ?? 8) & 15) === 8 ? zlib.createInflate(ZLIB) : zlib.createInflateRaw(ZLIB)),
  ],
  ['br', () => zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH })],
  [
    'zstd',
    () => zlib.createZstdDecompress({ finishFlush: zlib.constants.ZSTD_e_flush, params: ZSTD_WINDOW }),
  ],
]);
const ZSTD_WINDOW = { [zlib.constants.ZSTD_d_windowLogMax]: 23 }; // RFC 9659: no more than 8 MB

/** The codings of a `Content-Encoding` header, in the order in which they were applied. */
export function codingsOf(header: string | undefined): string[] {
  if (header === undefined) return [];
  const names = header.toLowerCase().split(',');
  return names.map((name) => name.trim().replace(/^x-/, '')).filter((name) => !NO_CODINGS.has(name));
}

export function isSupported(coding: string): boolean {
  return DECODERS.has(coding);
}

/**
 * The bytes with their codings undone. As in browsers, unknown codings are ignored, and bytes that already
 * are an image are taken as they are, whatever the header says.
 * @param tooLarge makes the error for more than `maxBytes`, before or after any of the codings
 * @throws ImageProblem
 */
export async function* decoded(
  body: Chunks,
  codings: string[],
  { maxBytes, tooLarge }: { maxBytes: number; tooLarge(): Error },
): AsyncGenerator<Buffer> {
  const supported = codings.filter(isSupported);
  if (supported.length > MAX_CODINGS)
    throw new ImageProblem(
      'encoding_refused',
      `too many nested encodings: ${supported.join(', ').slice(0, 60)}`,
    );
  let chunks: Chunks = bounded(body);
  for (const coding of supported.toReversed()) chunks = bounded(decodedOnce(chunks, coding));
  yield* chunks;

  async function* bounded(some: Chunks): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of some) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge();
      yield chunk;
    }
  }
}

async function* decodedOnce(chunks: Chunks, coding: string): AsyncGenerator<Buffer> {
  let failure: unknown;
  const source = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const { first, all } = await beginningOf(source());
  const decoder = sniff(first).is === 'image' ? undefined : DECODERS.get(coding)?.(first);
  if (!decoder) return yield* all;
  try {
    yield* pipeline(all, decoder, () => {}) as AsyncIterable<Buffer>;
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (systemCode(error) === undefined) throw error; // all errors of zlib have a code; this one is a mistake of ours
    throw new ImageProblem('server_error', `invalid ${coding} data`, { cause: error });
  }
}

/** The first bytes, and a generator of all of them. */
async function beginningOf(
  chunks: AsyncGenerator<Buffer>,
): Promise<{ first: Buffer; all: AsyncGenerator<Buffer> }> {
  let first = Buffer.alloc(0);
  while (first.length < SNIFF_BYTES) {
    const next = await chunks.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  return { first, all: all() };

  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    yield* chunks;
  }
}
