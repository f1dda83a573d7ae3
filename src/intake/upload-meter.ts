import { createHash } from 'node:crypto';
import { tooLarge } from './bodies.ts';

/** Counts and hashes the bytes of an upload as they pass, and stops an upload that is too large. */
export class UploadMeter {
  /** @throws Problem `payload_too_large` */
  readonly chunks: AsyncGenerator<Buffer>;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #lastBytes: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>, maxBytes: number) {
    this.chunks = this.#passed(chunks, maxBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The last two bytes: enough to see a line end in any encoding. */
  get lastBytes(): Buffer {
    return this.#lastBytes;
  }

  /** Of everything that has passed. It can be called once. */
  sha256(): Buffer {
    return this.#hash.digest();
  }

  async *#passed(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#bytes += chunk.length;
      if (this.#bytes > maxBytes) throw tooLarge(maxBytes);
      this.#hash.update(chunk);
      if (chunk.length > 0)
        this.#lastBytes = Buffer.concat([this.#lastBytes, chunk.subarray(-2)]).subarray(-2);
      yield chunk;
    }
  }
}
