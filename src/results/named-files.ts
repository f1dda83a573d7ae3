import { DEFAULT_NAME_TEMPLATE, parseNameTemplate } from '../presets/name-template.ts';
import { csvText, headerText } from '../csv/write.ts';
import type { Db } from '../db/database.ts';
import type { StorageKey } from '../storage/keys.ts';
import { filesOf, storageKeyOf } from './files.ts';
import { createNamer } from './names.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { columnsTable } from './table.ts';

/** A folder or an archive that gets the files and their CSV. */
export type NamedFilesTarget<T> = {
  /** @returns undefined if the file is missing: its slot stays empty in the CSV */
  add(key: StorageKey, name: string): Promise<T | undefined>;
  writeCsv(text: string): Promise<void>;
};

/**
 * Gives every rendition its name, and writes the CSV whose cells are these names. One pass does both, so
 * that they agree even while the batch runs.
 * @returns the results of `add`
 */
export async function* namedFiles<T>(
  db: Db,
  results: BatchResults,
  { add, writeCsv }: NamedFilesTarget<T>,
): AsyncGenerator<T> {
  const nameOf = createNamer(results.nameTemplate ?? parseNameTemplate(DEFAULT_NAME_TEMPLATE));
  const table = columnsTable(results);
  await writeCsv(headerText(results.format, table.header));
  for await (const page of productPages(db, results)) {
    const rows: string[][] = [];
    for (const product of page) {
      const names: string[] = [];
      for (const file of filesOf(results, product)) {
        const name = nameOf(file);
        const key = storageKeyOf(results, file);
        const added = key === undefined ? undefined : await add(key, name);
        names.push(added === undefined ? '' : name);
        if (added !== undefined) yield added;
      }
      rows.push(table.row(product, names));
    }
    await writeCsv(csvText(rows, results.format));
  }
}
