/** The files of a storage behind its back, to damage them: a folder or a bucket. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskStorage } from '../../src/storage/disk.ts';
import { pathOf } from '../../src/storage/disk-paths.ts';
import type { StorageKey } from '../../src/storage/keys.ts';
import { newFolder } from './folder.ts';
import { startS3 } from './s3.ts';

export type StoredFiles = AsyncDisposable & {
  /** environment variables for `serve` and commands */
  settings: Record<string, string>;
  /** whether the storage knows the SHA-256 of a file without reading it */
  knowsSha256: boolean;
  keys(): Promise<StorageKey[]>;
  read(key: StorageKey): Promise<Buffer>;
  write(key: StorageKey, content: Buffer, modifiedAt?: Date): Promise<void>;
  remove(key: StorageKey): Promise<void>;
};

export async function filesInFolder(): Promise<StoredFiles> {
  const folder = await newFolder();
  const storage = diskStorage(folder.path);
  return {
    settings: { STORAGE_URL: `file://${folder.path}` },
    knowsSha256: false,
    keys: async () => {
      const pages = await Array.fromAsync(storage.list('', new AbortController().signal));
      return pages.flat().map(({ key }) => key);
    },
    read: (key) => readFile(pathOf(folder.path, key)),
    async write(key, content, modifiedAt = new Date()) {
      const path = pathOf(folder.path, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      await utimes(path, modifiedAt, modifiedAt);
    },
    remove: (key) => rm(pathOf(folder.path, key)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export async function filesInBucket(): Promise<StoredFiles> {
  const s3 = await startS3();
  const { prefix } = s3.address;
  return {
    settings: s3.settings,
    knowsSha256: true,
    keys: async () => s3.objects.fileKeys.map((key) => key.slice(prefix.length)),
    read: async (key) => Buffer.from(s3.objects.get(prefix + key)?.body ?? []),
    async write(key, content, modifiedAt = new Date()) {
      const sha256 = createHash('sha256').update(content).digest('base64');
      s3.objects.set(prefix + key, content, { 'x-amz-checksum-sha256': sha256 });
      const stored = s3.objects.get(prefix + key);
      if (stored) stored.modifiedAt = modifiedAt;
    },
    remove: async (key) => s3.objects.delete(prefix + key),
    [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose](),
  };
}
