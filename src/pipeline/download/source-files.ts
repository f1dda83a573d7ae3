/**
 * The files that sources are downloaded into, one source after the other: to overwrite a file of 1 MiB
 * takes a sixth of the CPU of making and removing one, which counts while all cores decode.
 *
 * A file is free -> taken -> free …, or discarded.
 */
import { createHash } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageTrouble } from '../../storage/storage.ts';

export type SourceFiles = {
  /** A file that nobody else uses until it is given back or discarded. @throws StorageTrouble */
  take(): Promise<SourceFile>;
  giveBack(file: SourceFile): void;
  /** Instead of `giveBack`, when something is wrong with the file. */
  discard(file: SourceFile): Promise<void>;
  /** Closes those that are free; nothing may be taken any more. */
  close(): Promise<void>;
};

export type SourceFile = {
  path: string;
  /**
   * What is added to the answer takes the place of what the file holds.
   * @param onWritten called with each chunk when it is needed no more
   */
  rewrite(onWritten?: (chunk: Buffer) => void): SourceWriter;
  close(): Promise<void>;
};

/** Hashes what it writes. */
type SourceWriter = {
  bytes(): number;
  /** Keeps the chunk until it is written. @throws StorageTrouble */
  add(chunk: Buffer): Promise<void>;
  /** @throws StorageTrouble */
  finish(): Promise<{ bytes: number; sha256: Buffer }>;
};

/** @param folder an own one, which is there */
export function createSourceFiles(folder: string): SourceFiles {
  const free: SourceFile[] = [];
  let made = 0;

  async function discard(file: SourceFile): Promise<void> {
    await file.close();
    await unlink(file.path).catch(() => {});
  }

  return {
    take: async () => free.pop() ?? newSourceFile(join(folder, `${(made += 1)}.source`)),
    giveBack: (file) => void free.push(file),
    discard,
    async close() {
      for (const file of free.splice(0)) await discard(file);
    },
  };
}

const WRITE_AT = 2 ** 22; // a write a chunk of 64 KiB took a tenth of the worker's main thread

async function newSourceFile(path: string): Promise<SourceFile> {
  const file = await open(path, 'wx').catch(ownTrouble);
  let length = 0; // of the file, whichever source it is of

  function rewrite(onWritten: (chunk: Buffer) => void = () => {}): SourceWriter {
    const hash = createHash('sha256');
    let written = 0;
    let waiting: Buffer[] = [];
    let waitingBytes = 0;

    async function flush(): Promise<void> {
      if (waiting.length === 0) return;
      const { bytesWritten } = await file.writev(waiting, written).catch(ownTrouble);
      if (bytesWritten < waitingBytes) ownTrouble(new Error('the disk is full'));
      written += waitingBytes;
      length = Math.max(length, written);
      waiting.forEach(onWritten);
      waiting = [];
      waitingBytes = 0;
    }

    return {
      bytes: () => written + waitingBytes,
      async add(chunk) {
        hash.update(chunk);
        waiting.push(chunk);
        waitingBytes += chunk.length;
        if (waitingBytes >= WRITE_AT) await flush();
      },
      async finish() {
        await flush();
        if (written < length) await file.truncate(written).catch(ownTrouble);
        length = written;
        return { bytes: written, sha256: hash.digest() };
      },
    };
  }

  return { path, rewrite, close: () => file.close().catch(() => {}) };
}

function ownTrouble(error: Error): never {
  throw new StorageTrouble(`The folder for downloads cannot be written: ${error.message}`, { cause: error });
}
