import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { StorageKey } from './keys.ts';
import { RemovedMeanwhile } from './resumed.ts';
import type { Content, Storage } from './storage.ts';

/** Size and SHA-256 of a file in storage, by reading all of it; undefined if it does not exist, or is removed meanwhile. */
export async function readContent(
  storage: Storage,
  key: StorageKey,
  signal: AbortSignal,
): Promise<Content | undefined> {
  return await read(storage, key, signal, async (chunks) => {
    for await (const _ of chunks);
  });
}

/** As readContent, and writes the file to a path. @param isSynced whether it is durable when this returns */
export async function download(
  storage: Storage,
  key: StorageKey,
  { path, isSynced, signal }: { path: string; isSynced: boolean; signal: AbortSignal },
): Promise<Content | undefined> {
  return await read(storage, key, signal, (chunks) =>
    pipeline(chunks, createWriteStream(path, { flush: isSynced })),
  );
}

async function read(
  storage: Storage,
  key: StorageKey,
  signal: AbortSignal,
  consume: (chunks: AsyncIterable<Buffer>) => Promise<void>,
): Promise<Content | undefined> {
  const opened = await storage.open(key, signal);
  if (!opened) return undefined;
  const { content } = opened;
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await consume(counted());
  } catch (error) {
    if (error instanceof RemovedMeanwhile) return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}
