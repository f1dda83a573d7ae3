import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import type { Problem } from '../errors.ts';
import { openRegularFile } from '../files.ts';
import type { DiskStorage } from '../storage/disk.ts';
import { removeEarlierImages } from './earlier-run.ts';
import { foldedHash } from './names.ts';
import { namedFiles } from './named-files.ts';
import { findResults } from './results.queries.ts';
import { TableFile, tableFileKind } from './table-file.ts';

/** `path`: of output.csv; `removed`: how many images of an earlier run; `table`: of `output`, if it could be written. */
export type WrittenFolder = { path: string; removed: number; table?: string; tableProblem?: Problem };

/**
 * Writes a batch's results into a folder: the renditions, and an `output.csv` whose cells are their names.
 * They replace those of an earlier run: images of that run that this one does not make are removed.
 * @param output the name of a file for the same table in another format
 */
export async function writeFolder(
  db: Db,
  storage: DiskStorage,
  batch: BatchKey,
  folder: string,
  output: string | undefined,
): Promise<WrittenFolder> {
  await mkdir(folder, { recursive: true });
  const results = await findResults(db, batch);
  if (!results) throw new Error('the batch no longer exists');
  const path = join(folder, 'output.csv');
  const unfinished = `${path}.${randomUUID()}`;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(unfinished, { force: true }));
  await using csv = await open(unfinished, 'wx');
  await using earlierCsv = await openRegularFile(path).catch(() => undefined);
  await using table =
    output === undefined ? undefined : await TableFile.open(join(folder, output), tableFileKind(output));
  const written = new Set<number>();
  const files = namedFiles(db, results, {
    writeCsv: (text) => csv.writeFile(text),
    table,
    readAhead: 0,
    async add(key, name) {
      await storage.copyTo(key, join(folder, name));
      if (earlierCsv) written.add(foldedHash(name));
      return name;
    },
  });
  while (!(await files.next()).done);
  await rename(unfinished, path);
  const tablePath = await table?.finish(results.createdAt);
  const removed = earlierCsv ? await removeEarlierImages(earlierCsv, folder, written) : 0;
  return {
    path,
    removed,
    ...(tablePath !== undefined && { table: tablePath }),
    ...(table?.problem && { tableProblem: table.problem }),
  };
}
