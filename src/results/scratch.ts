import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** A file that is written, then read once. */
export type ScratchFile = AsyncDisposable & {
  write(piece: string | Buffer): Promise<void>;
  /** of what was written; CRC-32 */
  size(): number;
  checksum(): number;
  /** What was written, from its beginning. */
  read(): AsyncGenerator<Buffer>;
};

const CHUNK_BYTES = 256 * 1024;

/** It has no name in its folder once it is open, so that nothing is left of it however the process ends. */
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
      for (let at = 0; at < size;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
        if (bytesRead === 0) throw new Error('a temporary file is shorter than what was written');
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
