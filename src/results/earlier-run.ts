import type { FileHandle } from 'node:fs/promises';
import { lstat, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Problem } from '../errors.ts';
import { unescapeFormula } from '../csv/formulas.ts';
import { slotsOfRow } from '../csv/cells/slots.ts';
import { isOutputColumn } from '../csv/header/columns.ts';
import { readTable } from '../csv/table.ts';
import { FORMAT_FACTS } from '../presets/spec.ts';
import { foldedHash } from './names.ts';

/**
 * Removes the images of an earlier run from its folder, except those that this run wrote too. Only files
 * that the earlier output.csv names are removed: all others belong to somebody else.
 * @param written the `foldedHash` of each name of this run
 * @returns how many were removed
 */
export async function removeEarlierImages(
  earlierCsv: FileHandle,
  folder: string,
  written: ReadonlySet<number>,
): Promise<number> {
  const root = await realpath(folder);
  let removed = 0;
  for await (const name of namesIn(earlierCsv)) {
    if (!IMAGE_NAME.test(name) || written.has(foldedHash(name))) continue;
    if (await removeInside(root, name)) removed += 1;
  }
  return removed;
}

const EXTENSIONS = Object.values(FORMAT_FACTS).map(({ extension }) => extension);
const IMAGE_NAME = new RegExp(`\\.(${EXTENSIONS.join('|')})$`);

/** The names in the output columns of a CSV, up to the first row that cannot be read. */
async function* namesIn(csv: FileHandle): AsyncGenerator<string> {
  try {
    const { rows } = await readTable(csv.createReadStream());
    let images: number[] | undefined;
    for await (const { cells } of rows) {
      if (images) yield* slotsOfRow(cells.map(unescapeFormula), { images }).slots;
      images ??= cells.flatMap((name, column) => (isOutputColumn(name) ? [column] : []));
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** Removes a regular file below the folder, then each folder that becomes empty. */
async function removeInside(root: string, name: string): Promise<boolean> {
  const path = join(root, name);
  const parent = await realpath(dirname(path)).catch(() => undefined);
  const isInside = parent === root || parent?.startsWith(root + sep) === true;
  if (!isInside || !(await isRegularFile(path))) return false;
  await rm(path);
  let folder = parent;
  while (folder !== root && (await removeIfEmpty(folder))) folder = dirname(folder);
  return true;
}

async function isRegularFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

async function removeIfEmpty(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}
