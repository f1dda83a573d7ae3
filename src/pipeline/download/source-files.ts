/**
 * A pool of files that sources are downloaded into. Overwriting a file of 1 MiB costs a sixth of the CPU of
 * creating and removing one, which matters while all cores decode.
 *
 * A file: free -> taken -> free ... or discarded.
 */
import { createHash } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageTrouble } from '../../storage/storage.ts';

export type SourceFiles = {
  /** A file for exclusive use until it is given back or discarded. @throws StorageTrouble */
  take(): Promise<SourceFile>;
  giveBack(file: SourceFile): void;
  /** Removes a file with which something is wrong, instead of `giveBack`. */
  discard(file: SourceFile): Promise<void>;
  /** Closes the free files. No more may be taken. */
  close(): Promise<void>;
};

export type SourceFile = {
  path: string;
  /**
   * Overwrites the file with what is added to the writer.
   * @param onWritten called with each chunk when it is no longer needed
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

/** @param folder exists, and is used by nothing else */
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

const WRITE_AT = 2 ** 22; // one write per chunk of 64 KiB cost a tenth of the worker's main thread

async function newSourceFile(path: string): Promise<SourceFile> {
  const file = await open(path, 'wx').catch(throwTrouble);
  let length = 0; // of the file; it may still be that of an earlier source

  function rewrite(onWritten: (chunk: Buffer) => void = () => {}): SourceWriter {
    const hash = createHash('sha256');
    let written = 0;
    let waiting: Buffer[] = [];
    let waitingBytes = 0;

    async function flush(): Promise<void> {
      if (waiting.length === 0) return;
      const { bytesWritten } = await file.writev(waiting, written).catch(throwTrouble);
      if (bytesWritten < waitingBytes) throwTrouble(new Error('the disk is full'));
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
        if (written < length) await file.truncate(written).catch(throwTrouble);
        length = written;
        return { bytes: written, sha256: hash.digest() };
      },
    };
  }

  return { path, rewrite, close: () => file.close().catch(() => {}) };
}

function throwTrouble(error: Error): never {
  throw new StorageTrouble(`The folder for downloads is not writable: ${error.message}`, { cause: error });
}
