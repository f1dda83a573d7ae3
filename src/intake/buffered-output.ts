import type { FileHandle } from 'node:fs/promises';

const WRITE_AT = 256 * 1024; // bytes

/** Collects small pieces for a file, and writes them together. */
export class BufferedOutput {
  readonly #file: FileHandle;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  add(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async flushIfFull(): Promise<void> {
    if (this.#waitingBytes >= WRITE_AT) await this.#flush();
  }

  /** @returns how many bytes were written */
  async end(): Promise<number> {
    await this.#flush();
    return this.#bytes;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#bytes += bytes.length;
    await this.#file.writeFile(bytes);
  }
}
