import type { FileHandle } from 'node:fs/promises';
import { lstat, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Problem } from '../errors.ts';
import { unescapeFormula } from '../csv/formulas.ts';
import { slotsOfRow } from '../csv/cells/slots.ts';
import { isOutputColumn } from '../csv/header/columns.ts';
import { readTable } from '../csv/table.ts';
import { FORMAT_FACTS } from '../presets/spec.ts';
import { nameKey } from './names.ts';

/**
 * Removes the images of an earlier run from its folder, as its output.csv names them, but those that are
 * made again. What it does not name is somebody else's, and stays.
 * @param kept the keys of the names of this run
 * @returns how many were removed
 */
export async function removeLeftovers(
  earlierCsv: FileHandle,
  folder: string,
  kept: ReadonlySet<number>,
): Promise<number> {
  const root = await realpath(folder);
  let removed = 0;
  for await (const name of namesIn(earlierCsv)) {
    if (!IMAGE_NAME.test(name) || kept.has(nameKey(name))) continue;
    if (await removeInside(root, name)) removed += 1;
  }
  return removed;
}

const EXTENSIONS = Object.values(FORMAT_FACTS).map(({ extension }) => extension);
const IMAGE_NAME = new RegExp(`\\.(${EXTENSIONS.join('|')})$`);

/** The names in the output columns of a CSV. One that cannot be read any more names nothing further. */
async function* namesIn(csv: FileHandle): AsyncGenerator<string> {
  try {
    const { rows } = await readTable(csv.createReadStream());
    let images: number[] | undefined;
    for await (const { cells } of rows) {
      if (images) for (const slot of slotsOfRow(cells.map(unescapeFormula), { images }).slots) yield slot;
      images ??= cells.flatMap((name, column) => (isOutputColumn(name) ? [column] : []));
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** A regular file below the folder, and then the folders that are empty without it. */
async function removeInside(root: string, name: string): Promise<boolean> {
  const path = join(root, name);
  const above = await realpath(dirname(path)).catch(() => undefined);
  const isInside = above === root || above?.startsWith(root + sep) === true;
  const isFile = await lstat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (!isInside || !isFile) return false;
  await rm(path);
  for (let folder = above; folder !== root; folder = dirname(folder))
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      break;
  return true;
}
