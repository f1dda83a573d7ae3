import type { StorageKey } from './keys.ts';

/** Size and SHA-256 (hexadecimal) of a file. */
export type Content = { bytes: number; sha256: string };

/** Matches keys of unfinished copies, left by a killed process: nothing refers to them, or ever will. */
export const UNFINISHED = /\.part$/;

/** The keys in a part of the storage, and the cursor of the next part; undefined after the last. */
type StoragePart = { keys: StorageKey[]; next: string | undefined };

/** Where renditions are kept. An existing key is never overwritten. */
export type Storage = {
  /**
   * Moves the file at `path` to the key, durably: after this returns, a power cut does not lose it.
   * @param path a file that has been fsynced
   * @param content size and hash of the file
   * @returns the content under the key, which differs from `content` if the key existed
   * @throws StorageTrouble
   */
  put(key: StorageKey, path: string, content: Content): Promise<Content>;
  /**
   * Removes keys, one after the other; missing keys are ignored.
   * @throws StorageTrouble
   */
  remove(keys: readonly StorageKey[]): Promise<void>;
  /** The size of a file; undefined if the key does not exist. @throws StorageTrouble */
  bytesOf(key: StorageKey): Promise<number | undefined>;
  /**
   * Lists a part of the storage: our keys, including UNFINISHED ones, and no other files.
   * @param cursor '' for the first part, then the `next` of the previous one
   * @throws StorageTrouble
   */
  list(cursor: string): Promise<StoragePart>;
  /** When a file was created, by the storage's clock; undefined if the key does not exist. @throws StorageTrouble */
  madeAt(key: StorageKey): Promise<Date | undefined>;
  /** A local path to read or link the file from. */
  localPath(key: StorageKey): string;
  /** Checks that the storage is writable. @throws StorageTrouble */
  probe(): Promise<void>;
};

/** The storage or the disk fails: our own failure, never an image's result. */
export class StorageTrouble extends Error {
  override readonly name = 'StorageTrouble';
}
