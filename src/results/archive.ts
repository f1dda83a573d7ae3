import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import type { Db } from '../db/database.ts';
import type { StorageKey } from '../storage/keys.ts';
import type { Opened, Storage } from '../storage/storage.ts';
import { MemoryBudget } from './memory-budget.ts';
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

const READ_AHEAD = 8; // one after the other, a bucket gives 35 files a second
const MOST_BYTES = 64 * 2 ** 20;
const IDLE_MS = 1_000;

/**
 * A ZIP of every rendition that exists by now, under its name, with `output.csv` as the last entry. It is
 * streamed: a few images at a time are in memory, and output.csv and the ZIP's directory are in temporary files.
 */
export async function* imagesZip(
  db: Db,
  results: BatchResults,
  { storage, folder, onMissing }: ArchiveParts,
): AsyncGenerator<Buffer> {
  await using csv = await openScratchFile(folder);
  await using directory = await openScratchFile(folder);
  const modifiedAt = results.createdAt; // the same results give the same bytes
  const ending = new AbortController();
  const budget = new MemoryBudget(MOST_BYTES, ending.signal);

  async function entryOf(key: StorageKey, name: string): Promise<ZipEntry | undefined> {
    const file = await read(storage, key, budget, ending.signal);
    if (!file) onMissing(key);
    return file && { name, modifiedAt, size: file.length, checksum: crc32(file), content: [file] };
  }

  async function* entries(): AsyncGenerator<ZipEntry> {
    const target = { add: entryOf, writeCsv: (text: string) => csv.write(text), readAhead: READ_AHEAD };
    for await (const entry of namedFiles(db, results, target)) {
      yield entry;
      budget.release(entry.size);
    }
    yield {
      name: 'output.csv',
      modifiedAt,
      size: csv.size,
      checksum: csv.checksum,
      content: csv.read(),
    };
  }
  try {
    yield* zip(entries(), directory);
  } finally {
    ending.abort(); // what was read ahead, when the client goes away
  }
}

/** A whole file; undefined if it is missing. */
async function read(
  storage: Storage,
  key: StorageKey,
  budget: MemoryBudget,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const turn = budget.enter();
  let opened: Opened | undefined;
  try {
    opened = await storage.open(key, signal);
    if (!opened) return undefined;
    const openedAt = performance.now();
    await turn.take(opened.bytes);
    turn.leave();
    const isStale = performance.now() - openedAt > IDLE_MS; // a store closes answers that nobody reads
    if (isStale) {
      opened.content.destroy();
      const { bytes } = opened;
      opened = await storage.open(key, signal);
      if (!opened) budget.release(bytes); // it was removed meanwhile
    }
    return opened && (await buffer(opened.content));
  } finally {
    turn.leave();
    opened?.content.destroy();
  }
}
