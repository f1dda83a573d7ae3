import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { openRegularFile } from '../files.ts';
import type { Storage } from '../storage/storage.ts';
import { removeLeftovers } from './leftovers.ts';
import { nameKey } from './names.ts';
import { packed } from './named-files.ts';
import { findResults } from './results.queries.ts';

/**
 * Writes a batch's results into a folder: the renditions, and `output.csv`, whose URLs are their names.
 * Those of an earlier run are replaced: its images that are not made again are removed.
 */
export async function writeFolder(
  db: Db,
  storage: Storage,
  batch: BatchKey,
  folder: string,
): Promise<{ path: string; removed: number }> {
  await mkdir(folder, { recursive: true });
  const results = await findResults(db, batch);
  if (!results) throw new Error('the batch is gone');
  const path = join(folder, 'output.csv');
  const half = `${path}.${randomUUID()}`;
  await using file = await open(half, 'wx');
  await using earlier = await openRegularFile(path).catch(() => undefined);
  const kept = new Set<number>();
  const placing = packed(db, results, {
    writeCsv: (text) => file.writeFile(text),
    async take(key, name) {
      await place(storage.localPath(key), join(folder, name));
      if (earlier) kept.add(nameKey(name));
      return name;
    },
  });
  for await (const _ of placing);
  await rename(half, path);
  return { path, removed: earlier ? await removeLeftovers(earlier, folder, kept) : 0 };
}

/** A hard link where the file systems allow it, else a copy; in one step, so that no half file is ever seen. */
async function place(from: string, to: string): Promise<void> {
  const half = join(dirname(to), `half-${randomUUID()}`); // a long name has no room for more
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, half).catch(() => copyFile(from, half));
    await rename(half, to);
  } finally {
    await rm(half, { force: true }); // renaming one link of a file onto another leaves both
  }
}
