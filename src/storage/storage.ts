import type { Readable } from 'node:stream';
import type { StorageKey } from './keys.ts';

/** Size and SHA-256 (hexadecimal) of a file. */
export type Content = { bytes: number; sha256: string };

/** A file on this machine that is to be kept. */
export type Keeping = Content & { path: string; contentType: string };

/** Bytes from `from` to `to`, both included and counted from 0. */
export type Range = { from: number; to: number };

/** What the storage says of a file. `etag` is a strong one, in quotation marks. */
export type Look = { bytes: number; etag: string; modifiedAt: Date };

/** A file, or a range of it. `bytes` is the size of the whole, `content` has the range. Its reader ends or destroys it. */
export type Opened = Look & { content: Readable };

/**
 * How a removal ended: `doubtful` where a request was sent again, because the first one may still be under way, and
 * remove what is stored under its keys later. So may those of a removal that threw.
 */
export type Removal = 'certain' | 'doubtful';

export type SignedUrl = { url: string; lastsS: number };

/** A file in a list. Keys of unfinished copies are listed too: see UNFINISHED. */
export type Listed = { key: StorageKey; bytes: number; modifiedAt: Date };

/** Matches keys of unfinished copies, left by a killed process: nothing refers to them, or ever will. */
export const UNFINISHED = /\.part$/;

/**
 * Where renditions are kept: a folder or a bucket. An existing key is never overwritten. Every operation throws
 * StorageTrouble, or the reason of its signal.
 */
export type Storage = {
  /** for sentences and logs, without secrets */
  name: string;
  /** whether files that are handed over must be on the disk (fsync): a folder links them, a bucket copies them */
  wantsSynced: boolean;
  /**
   * Moves a file to the key, durably: after this returns, a power cut does not lose it.
   * @returns the content under the key, which is another one if the key existed
   */
  put(key: StorageKey, file: Keeping, signal: AbortSignal): Promise<Content>;
  /** The sizes of files, all looked up at the same time; undefined for those that do not exist. */
  sizesOf(keys: readonly StorageKey[], signal: AbortSignal): Promise<(number | undefined)[]>;
  look(key: StorageKey, signal: AbortSignal): Promise<Look | undefined>;
  /** The SHA-256 (hexadecimal) of a file, as far as the storage knows it without reading the file. */
  sha256Of?(key: StorageKey, signal: AbortSignal): Promise<string | undefined>;
  /** Undefined if the key does not exist. The range must lie within the file. */
  open(key: StorageKey, signal: AbortSignal, range?: Range): Promise<Opened | undefined>;
  /** A URL from which anybody can read the file for at most an hour; undefined where the storage has none. */
  urlOf?(key: StorageKey, contentType: string): Promise<SignedUrl>;
  /** Removes files within REMOVE_WITHIN_MS, or throws; missing ones are ignored. */
  remove(keys: readonly StorageKey[], signal: AbortSignal): Promise<Removal>;
  /**
   * Our files under a prefix of their keys, in the byte order of the keys, and no others. A page never ends
   * within a rendition set.
   * @param after lists only keys after this text
   */
  list(prefix: string, signal: AbortSignal, after?: string): AsyncIterable<Listed[]>;
  /** Checks that files can be stored. The first check also finds storages that cannot be used at all. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/**
 * How long a removal may take in all. A process that was frozen or cut off must not go on with it: another one
 * may have finished it since, and files may have been stored under the same keys again.
 */
export const REMOVE_WITHIN_MS = 10_000;

/** How long a probe may take: longer than the attempts of a request to a store that does not answer. */
export const PROBE_WITHIN_MS = 15_000;

/**
 * What is wrong with a storage, and so what may help:
 * - `weather`: asking again
 * - `damaged`: sending the file again, read from the disk anew
 * - `clock`: setting the clock of this machine
 * - `settings`: an operator, who changes settings or permissions
 * - `full`: an operator, who makes room
 * - `unusable`: an operator, who lets this machine read and write a folder
 */
export type TroubleKind = 'weather' | 'damaged' | 'clock' | 'settings' | 'full' | 'unusable';

/** The storage or the disk fails: our own failure, never an image's result. */
export class StorageTrouble extends Error {
  override readonly name = 'StorageTrouble';
  readonly kind: TroubleKind;

  constructor(message: string, { cause, kind = 'weather' }: { cause?: unknown; kind?: TroubleKind } = {}) {
    super(message, { cause });
    this.kind = kind;
  }
}
