import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { openRegularFile } from '../files.ts';
import type { Storage } from '../storage/storage.ts';
import { removeEarlierImages } from './earlier-run.ts';
import { foldedHash } from './names.ts';
import { namedFiles } from './named-files.ts';
import { findResults } from './results.queries.ts';

/**
 * Writes a batch's results into a folder: the renditions, and an `output.csv` whose cells are their names.
 * They replace those of an earlier run: images of that run that this one does not make are removed.
 * @returns the path of output.csv, and how many images were removed
 */
export async function writeFolder(
  db: Db,
  storage: Storage,
  batch: BatchKey,
  folder: string,
): Promise<{ path: string; removed: number }> {
  await mkdir(folder, { recursive: true });
  const results = await findResults(db, batch);
  if (!results) throw new Error('the batch no longer exists');
  const path = join(folder, 'output.csv');
  const unfinished = `${path}.${randomUUID()}`;
  await using csv = await open(unfinished, 'wx');
  await using earlierCsv = await openRegularFile(path).catch(() => undefined);
  const written = new Set<number>();
  const files = namedFiles(db, results, {
    writeCsv: (text) => csv.writeFile(text),
    async add(key, name) {
      await linkOrCopy(storage.localPath(key), join(folder, name));
      if (earlierCsv) written.add(foldedHash(name));
      return name;
    },
  });
  while (!(await files.next()).done);
  await rename(unfinished, path);
  return { path, removed: earlierCsv ? await removeEarlierImages(earlierCsv, folder, written) : 0 };
}

/** Makes a hard link where the file systems allow it, else a copy. A rename puts it there whole or not at all. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  const unfinished = join(dirname(to), `half-${randomUUID()}`); // a suffix could make a long name too long
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, unfinished).catch(() => copyFile(from, unfinished));
    await rename(unfinished, to);
  } finally {
    await rm(unfinished, { force: true }); // a rename between two links of one file leaves both
  }
}
