import type { StorageKey } from './keys.ts';

/** Size and SHA-256 (hexadecimal) of a file. */
export type Content = { bytes: number; sha256: string };

/** Of a key whose storing was never finished, because its maker was killed: nothing refers to it, nor ever will. */
export const UNFINISHED = /\.part$/;

/** What lies in a part of the storage, and where the next part begins; undefined: nowhere. */
type StoragePart = { keys: StorageKey[]; next: string | undefined };

/** Where renditions are kept. A key that is there is never written again. */
export type Storage = {
  /**
   * Keeps the file at `path` under the key, durably: when this returns, a power cut does not lose it.
   * The file itself is gone then.
   * @param path of a file that is on the disk (fsync)
   * @param content what the file holds
   * @returns what lies under the key now: another content where the key was there already
   * @throws StorageTrouble
   */
  put(key: StorageKey, path: string, content: Content): Promise<Content>;
  /**
   * Removes what lies under the keys, one after the other; a key under which nothing lies is fine.
   * @throws StorageTrouble
   */
  remove(keys: readonly StorageKey[]): Promise<void>;
  /** The size of what lies under the key; undefined where nothing does. @throws StorageTrouble */
  bytesOf(key: StorageKey): Promise<number | undefined>;
  /**
   * The keys in a part of the storage, UNFINISHED ones too; nothing else that may lie there.
   * @param place where the part begins: '' or the `next` of the part before
   * @throws StorageTrouble
   */
  list(place: string): Promise<StoragePart>;
  /** When a file was made, by a clock of its own; undefined where nothing lies. @throws StorageTrouble */
  madeAt(key: StorageKey): Promise<Date | undefined>;
  /** A path from which the stored file can be read or linked on this machine. */
  localPath(key: StorageKey): string;
  /** Resolves when the storage can be written, else throws StorageTrouble. */
  probe(): Promise<void>;
};

/** The storage or the disk fails: our own trouble, and no image's result. */
export class StorageTrouble extends Error {
  override readonly name = 'StorageTrouble';
}
