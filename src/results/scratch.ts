import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** A temporary file that is written first, and then read once. */
export type ScratchFile = AsyncDisposable & {
  write(piece: string | Buffer): Promise<void>;
  /** bytes written so far */
  size(): number;
  /** CRC-32 of them */
  checksum(): number;
  /** The whole content. */
  read(): AsyncGenerator<Buffer>;
};

const CHUNK_BYTES = 256 * 1024;

/** Opens a scratch file and unlinks it at once, so that nothing remains however the process ends. */
export async function openScratchFile(folder: string): Promise<ScratchFile> {
  const path = join(folder, `scratch-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let size = 0;
  let checksum = 0;

  async function flush(): Promise<void> {
    const chunk = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await file.writeFile(chunk);
  }

  return {
    async write(piece) {
      const bytes = Buffer.from(piece as string);
      checksum = crc32(bytes, checksum);
      size += bytes.length;
      waitingBytes += bytes.length;
      waiting.push(bytes);
      if (waitingBytes >= CHUNK_BYTES) await flush();
    },
    size: () => size,
    checksum: () => checksum,
    async *read() {
      await flush();
      let offset = 0;
      while (offset < size) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, offset);
        if (bytesRead === 0) throw new Error('a temporary file is shorter than its content');
        yield chunk.subarray(0, bytesRead);
        offset += bytesRead;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
