import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Db } from '../db/database.ts';
import { systemCode } from '../errors.ts';
import type { StorageKey } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { namedFiles } from './named-files.ts';
import type { BatchResults } from './results.queries.ts';
import { openScratchFile } from './scratch.ts';
import { zip, type ZipEntry } from './zip.ts';

export type ArchiveParts = {
  storage: Storage;
  /** for temporary files */
  folder: string;
  /** Reports a rendition that the database has and the storage has not. */
  onMissing(key: StorageKey): void;
};

/**
 * A ZIP of every rendition that exists by now, under its name, with `output.csv` as the last entry. It is
 * streamed: one image at a time is in memory, and output.csv and the ZIP's directory are in temporary files.
 */
export async function* imagesZip(
  db: Db,
  results: BatchResults,
  { storage, folder, onMissing }: ArchiveParts,
): AsyncGenerator<Buffer> {
  await using csv = await openScratchFile(folder);
  await using directory = await openScratchFile(folder);
  const modifiedAt = results.createdAt; // the same results give the same bytes

  async function entryOf(key: StorageKey, name: string): Promise<ZipEntry | undefined> {
    const file = await readFile(storage.localPath(key)).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      onMissing(key);
      return undefined;
    });
    return file && { name, modifiedAt, size: file.length, checksum: crc32(file), content: [file] };
  }

  async function* entries(): AsyncGenerator<ZipEntry> {
    yield* namedFiles(db, results, { add: entryOf, writeCsv: (text) => csv.write(text) });
    yield {
      name: 'output.csv',
      modifiedAt,
      size: csv.size,
      checksum: csv.checksum,
      content: csv.read(),
    };
  }
  yield* zip(entries(), directory);
}
