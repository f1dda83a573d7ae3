/** The chunks of a PNG: PNG Third Edition, 4.8, 5.3, 8 and 11.2. */
import { crc32, constants, deflateSync, inflateSync } from 'node:zlib';
import type { Reader } from './byte-reader.ts';
import type { HeaderSize } from './header-size.ts';

const SIGNATURE_BYTES = 8;
const MAX_ROWS_BYTES = 2 ** 28; // larger ones are not mended: mending holds them twice
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEFLATE_RATIO = 1032; // the best that RFC 1951 allows: 258 bytes from 2 bits

/** IHDR is the first chunk: 11.2.1. */
export function pngSize(read: Reader): HeaderSize | undefined {
  const head = read(0, 29);
  if (head.length < 29 || head.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  const bits = (head[24] ?? 0) * (CHANNELS[head[25] ?? 0] ?? 1);
  const leastBytes = (Math.ceil((width * bits) / 8) * height) / DEFLATE_RATIO;
  return { width, height, isInterlaced: head[28] !== 0, leastBytes };
}

/**
 * The same picture with the end that it lacks: a file may be cut behind its last row. Undefined where rows are
 * missing or anything else is wrong.
 */
export function mendedPng(file: Buffer): Buffer | undefined {
  const { chunks, data } = chunksOf(file);
  const header = chunks[0];
  if (header?.type !== 'IHDR' || header.body.length !== 13 || data.length === 0) return undefined;
  const expected = rowBytes(header.body);
  if (expected > MAX_ROWS_BYTES) return undefined;
  const rows = inflated(Buffer.concat(data), expected);
  if (!rows || rows.length < expected) return undefined;
  const before = chunks.map(({ type, body }) => chunk(type, body));
  const signature = file.subarray(0, SIGNATURE_BYTES);
  const picture = chunk('IDAT', deflateSync(rows, { level: 1 }));
  return Buffer.concat([signature, ...before, picture, chunk('IEND', Buffer.alloc(0))]);
}

type Chunk = { type: string; body: Buffer };

/** The chunks before the picture, and the picture's data as far as they are there. */
function chunksOf(file: Buffer): { chunks: Chunk[]; data: Buffer[] } {
  const [chunks, data]: [Chunk[], Buffer[]] = [[], []];
  let at = SIGNATURE_BYTES;
  while (at + 8 <= file.length) {
    const end = at + 8 + file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, end);
    const isWhole = end + 4 <= file.length;
    if (isWhole && file.readUInt32BE(end) !== crc32(file.subarray(at + 4, end))) return { chunks, data: [] };
    if (type === 'IDAT') data.push(body);
    else if (data.length > 0) break;
    else if (isWhole) chunks.push({ type, body });
    at = end + 4;
  }
  return { chunks, data };
}

function inflated(data: Buffer, expected: number): Buffer | undefined {
  try {
    return inflateSync(data, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: expected + 1 });
  } catch {
    return undefined;
  }
}

/** The size of all rows in bytes; each begins with its filter type. */
function rowBytes(header: Buffer): number {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const bits = (header[8] ?? 0) * (CHANNELS[header[9] ?? 0] ?? 1);
  const bytes = (columns: number, rows: number): number =>
    columns > 0 ? rows * (1 + Math.ceil((columns * bits) / 8)) : 0;
  if (header[12] === 0) return bytes(width, height);
  const sizes = ADAM7.map(([left, top, across, down]) =>
    bytes(Math.ceil((width - left) / across), Math.ceil((height - top) / down)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

// First column and row of each pass, and the steps between them: PNG, 8.1.
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
