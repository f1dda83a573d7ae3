/** Random access to a file's structure, within bounds that the file's own numbers cannot change. */
import { closeSync, openSync, readSync } from 'node:fs';

/** Up to `length` bytes from an offset; fewer where the file ends or a bound is reached. */
export type Reader = (offset: number, length: number) => Buffer;

/** `bytesPerRead` bounds one read, `bytes` all reads together. */
type Bounds = { bytesPerRead: number; bytes: number };

const HEADER: Bounds = { bytesPerRead: 2 ** 20, bytes: 2 ** 24 };
const MAX_READS = 5_000; // a camera's JPEG takes some 60, one with an ICC profile of 16 MB some 800
const BLOCK = 2 ** 16; // holds the whole header of most files

/** An open file. To its user, reads beyond the bounds look like the end of the file. */
export function openReader(path: string, bounds: Bounds = HEADER): { read: Reader } & Disposable {
  const file = openSync(path, 'r');
  const readFile: Reader = (offset, length) => {
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(file, buffer, 0, length, offset));
  };
  return { read: bounded(readFile, bounds), [Symbol.dispose]: () => closeSync(file) };
}

/** Reads from a part of a file in memory, within the bounds of a header. */
export function readerOf(bytes: Buffer): Reader {
  return bounded(inMemory(bytes), HEADER);
}

/** Reads from a whole file in memory, without bounds or copies. */
export function inMemory(bytes: Buffer): Reader {
  return (offset, length) => bytes.subarray(offset, offset + length);
}

/** Keeps the last block: headers are read in small steps that lie side by side. */
function bounded(readFile: Reader, bounds: Bounds): Reader {
  let block: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  let reads = 0;
  let total = 0;
  return (offset, length) => {
    reads += 1;
    const isInRange = offset >= 0 && offset <= Number.MAX_SAFE_INTEGER - bounds.bytesPerRead;
    if (reads > MAX_READS || !isInRange) return Buffer.alloc(0);
    const wanted = Math.min(length, bounds.bytesPerRead);
    const isInBlock = offset >= block.start && offset + wanted <= block.start + block.bytes.length;
    if (!isInBlock) {
      total += Math.max(wanted, BLOCK);
      if (total > bounds.bytes) return Buffer.alloc(0);
      block = { start: offset, bytes: readFile(offset, Math.max(wanted, BLOCK)) };
    }
    const from = offset - block.start;
    return block.bytes.subarray(from, from + wanted);
  };
}
