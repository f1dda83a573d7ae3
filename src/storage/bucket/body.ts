import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { freeMemory } from '../../free-memory.ts';
import { diskTrouble } from '../disk-paths.ts';
import { type Keeping, StorageTrouble } from '../storage.ts';

type Body = AsyncDisposable & {
  content: Buffer | Readable;
  /** aborts when the file cannot be read to its end */
  broken: AbortSignal;
  /** after all of it was sent */
  free(): void;
};

const LARGE_BYTES = 8 * 2 ** 20; // renditions are smaller: the client can send them again from memory

/** Whether a file is sent while it is read: 16 uploaded pictures at once may have 1 GiB each. */
export function isStreamed({ bytes }: Keeping): boolean {
  return bytes > LARGE_BYTES;
}

/** @throws StorageTrouble where the file cannot be read, or has another size */
export async function openBody(file: Keeping): Promise<Body> {
  return isStreamed(file) ? streamOf(file) : bufferOf(file);
}

async function bufferOf({ path, bytes }: Keeping): Promise<Body> {
  const content = await readFile(path).catch((error: unknown) => {
    throw diskTrouble(path, 'read', error);
  });
  refuseOtherSize(path, content.length, bytes);
  const { signal: broken } = new AbortController();
  return { content, broken, free: () => freeMemory(content), async [Symbol.asyncDispose]() {} };
}

async function streamOf({ path, bytes }: Keeping): Promise<Body> {
  const broken = new AbortController();
  const { size } = await stat(path).catch((error: unknown) => {
    throw diskTrouble(path, 'read', error);
  });
  refuseOtherSize(path, size, bytes);
  const content = createReadStream(path);
  // The client pipes it, and does not hear its errors.
  content.on('error', (error) => broken.abort(diskTrouble(path, 'read', error)));
  return {
    content,
    broken: broken.signal,
    free: () => {},
    async [Symbol.asyncDispose]() {
      if (content.closed) return;
      const closed = once(content, 'close');
      content.destroy();
      await closed.catch(() => {});
    },
  };
}

function refuseOtherSize(path: string, bytes: number, told: number): void {
  if (bytes !== told) throw new StorageTrouble(`${path} has ${bytes} bytes instead of ${told}`);
}
