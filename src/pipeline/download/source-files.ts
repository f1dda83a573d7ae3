/**
 * A pool of files that sources are downloaded into. Overwriting a file of 1 MiB costs a sixth of the CPU of
 * creating and removing one, which matters while all cores decode.
 *
 * A file: free -> taken -> free ... or discarded.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

/** @param folder exists @param prefix of the files' names, which nothing else in the folder has */
export function createSourceFiles(folder: string, prefix = ''): SourceFiles {
  const free: SourceFile[] = [];
  let made = 0;

  async function discard(file: SourceFile): Promise<void> {
    await file.close();
    await unlink(file.path).catch(() => {});
  }

  return {
    async take() {
      const file = free.pop();
      if (file) return file;
      made += 1;
      return openSourceFile(join(folder, `${prefix}${made}.source`));
    },
    giveBack(file) {
      free.push(file);
    },
    discard,
    async close() {
      for (const file of free.splice(0)) await discard(file);
    },
  };
}

// Plain descriptors: a FileHandle costs more for each call.
const open = promisify(fs.open);
const close = promisify(fs.close);
const truncate = promisify(fs.ftruncate);
const write = promisify(fs.writev);

async function openSourceFile(path: string): Promise<SourceFile> {
  const descriptor = await open(path, 'wx').catch(throwTrouble);
  const file = { descriptor, length: 0 };
  return {
    path,
    rewrite: (onWritten = () => {}) => new Overwriter(file, onWritten),
    close: () => close(descriptor).catch(() => {}),
  };
}

type OpenFile = {
  descriptor: number;
  /** may still be that of an earlier source */
  length: number;
};

const WRITE_AT = 2 ** 22; // one write per chunk of 64 KiB cost a tenth of the worker's main thread

class Overwriter implements SourceWriter {
  readonly #file: OpenFile;
  readonly #onWritten: (chunk: Buffer) => void;
  readonly #hash = createHash('sha256');
  #written = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(file: OpenFile, onWritten: (chunk: Buffer) => void) {
    this.#file = file;
    this.#onWritten = onWritten;
  }

  bytes(): number {
    return this.#written + this.#waitingBytes;
  }

  async add(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= WRITE_AT) await this.#flush();
  }

  async finish(): Promise<{ bytes: number; sha256: Buffer }> {
    await this.#flush();
    const { descriptor, length } = this.#file;
    if (this.#written < length) await truncate(descriptor, this.#written).catch(throwTrouble);
    this.#file.length = this.#written;
    return { bytes: this.#written, sha256: this.#hash.digest() };
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { descriptor } = this.#file;
    const { bytesWritten } = await write(descriptor, this.#waiting, this.#written).catch(throwTrouble);
    if (bytesWritten < this.#waitingBytes) throwTrouble(new Error('the disk is full'));
    this.#written += this.#waitingBytes;
    this.#file.length = Math.max(this.#file.length, this.#written);
    this.#waiting.forEach(this.#onWritten);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function throwTrouble(error: Error): never {
  throw new StorageTrouble(`The folder for downloads is not writable: ${error.message}`, { cause: error });
}
