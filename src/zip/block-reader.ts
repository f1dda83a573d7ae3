import { createReadStream, read } from 'node:fs';
import type { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';

const BLOCK_BYTES = 64 * 1024;

/** Reads a file for yauzl, which asks twice for each entry of the directory, in blocks. It does not close the file. */
export class BlockReader extends RandomAccessReader {
  readonly #fd: number;
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (this.#copy(buffer, offset, length, position)) return callback(null, length);
    if (length > BLOCK_BYTES) {
      read(this.#fd, buffer, offset, length, position, callback);
      return;
    }
    read(this.#fd, Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, position, (error, bytesRead, block) => {
      if (error) return callback(error);
      this.#block = block.subarray(0, bytesRead);
      this.#blockAt = position;
      const copied = this.#block.copy(buffer, offset, 0, length);
      callback(null, copied);
    });
  }

  #copy(buffer: Buffer, offset: number, length: number, position: number): boolean {
    const from = position - this.#blockAt;
    if (from < 0 || from + length > this.#block.length) return false;
    this.#block.copy(buffer, offset, from, from + length);
    return true;
  }

  /** The bytes from an offset to the one before another. */
  streamOf(start: number, end: number): Readable {
    return createReadStream('', { fd: this.#fd, autoClose: false, start, end: end - 1 });
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}
