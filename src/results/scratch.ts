import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/** Opens a scratch file and unlinks it at once, so that nothing remains however the process ends. */
export async function openScratchFile(folder: string): Promise<ScratchFile> {
  const path = join(folder, `scratch-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return new ScratchFile(file);
}

/** A temporary file that is written first, and then read once. */
export class ScratchFile implements AsyncDisposable {
  readonly #file: FileHandle;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #size = 0;
  #checksum = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** bytes written so far */
  get size(): number {
    return this.#size;
  }

  /** CRC-32 of the bytes written so far */
  get checksum(): number {
    return this.#checksum;
  }

  async write(piece: string | Buffer): Promise<void> {
    const bytes = Buffer.from(piece as string);
    this.#checksum = crc32(bytes, this.#checksum);
    this.#size += bytes.length;
    this.#waitingBytes += bytes.length;
    this.#waiting.push(bytes);
    if (this.#waitingBytes >= CHUNK_BYTES) await this.#flush();
  }

  /** The whole content. */
  async *read(): AsyncGenerator<Buffer> {
    await this.#flush();
    let offset = 0;
    while (offset < this.#size) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await this.#file.read(chunk, 0, CHUNK_BYTES, offset);
      if (bytesRead === 0) throw new Error('a temporary file is shorter than its content');
      yield chunk.subarray(0, bytesRead);
      offset += bytesRead;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#file.writeFile(chunk);
  }
}
