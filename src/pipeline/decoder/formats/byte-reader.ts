/** Random access to a file for those who read its header, within bounds that the file cannot change. */
import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes from an offset, at most `MAX_READ` of them; fewer where the file ends. */
export type Reader = (offset: number, length: number) => Buffer;

const MAX_READ = 2 ** 20;
const MAX_READS = 5_000; // a JPEG of a camera takes about 20, one with an ICC profile of 16 MB some 300
const MAX_BYTES = 2 ** 24; // in all
const BLOCK = 2 ** 16; // holds the whole header of most files

/** A file that is open for reading; what is read beyond the bounds looks like the file's end. */
export function openReader(path: string): { read: Reader } & Disposable {
  const file = openSync(path, 'r');
  return {
    read: bounded((offset, length) => {
      const buffer = Buffer.allocUnsafe(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, offset));
    }),
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** Reads from bytes in memory. */
export function readerOf(bytes: Buffer): Reader {
  return bounded((offset, length) => bytes.subarray(offset, offset + length));
}

/** Keeps the block that was read last: headers are read in small steps that lie side by side. */
function bounded(readFile: Reader): Reader {
  let block: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  let reads = 0;
  let total = 0;
  return (offset, length) => {
    reads += 1;
    if (reads > MAX_READS || !(offset >= 0 && offset <= Number.MAX_SAFE_INTEGER - MAX_READ))
      return Buffer.alloc(0);
    const wanted = Math.min(length, MAX_READ);
    const at = offset - block.start;
    if (at < 0 || at + wanted > block.bytes.length) {
      total += Math.max(wanted, BLOCK);
      if (total > MAX_BYTES) return Buffer.alloc(0);
      block = { start: offset, bytes: readFile(offset, Math.max(wanted, BLOCK)) };
    }
    const from = offset - block.start;
    return block.bytes.subarray(from, from + wanted);
  };
}
