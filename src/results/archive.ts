import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Db } from '../db/database.ts';
import { systemCode } from '../errors.ts';
import type { StorageKey } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { packed } from './named-files.ts';
import type { BatchResults } from './results.queries.ts';
import { openScratchFile } from './scratch.ts';
import { zip, type ZipEntry } from './zip.ts';

export type ArchiveParts = {
  storage: Storage;
  /** for temporary files */
  folder: string;
  /** Told of files that should be in the storage and are not. */
  onMissing(key: StorageKey): void;
};

/**
 * A ZIP of every rendition that there is by now, under its name, with `output.csv` last. It is made as
 * it is read: of the images one is in memory at a time, and the lists lie in temporary files.
 */
export async function* imagesZip(
  db: Db,
  results: BatchResults,
  { storage, folder, onMissing }: ArchiveParts,
): AsyncGenerator<Buffer> {
  await using csv = await openScratchFile(folder);
  await using directory = await openScratchFile(folder);
  const modifiedAt = results.createdAt; // the same results make the same bytes

  async function take(key: StorageKey, name: string): Promise<ZipEntry | undefined> {
    const file = await readFile(storage.localPath(key)).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      onMissing(key);
      return undefined;
    });
    return file && { name, modifiedAt, size: file.length, checksum: crc32(file), content: [file] };
  }

  async function* entries(): AsyncGenerator<ZipEntry> {
    yield* packed(db, results, { take, writeCsv: csv.write });
    const [size, checksum] = [csv.size(), csv.checksum()];
    yield { name: 'output.csv', modifiedAt, size, checksum, content: csv.read() };
  }
  yield* zip(entries(), directory);
}
