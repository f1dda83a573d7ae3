import { DEFAULT_NAME_TEMPLATE, parseNameTemplate } from '../presets/name-template.ts';
import { csvText, headerText } from '../csv/write.ts';
import type { Db } from '../db/database.ts';
import type { StorageKey } from '../storage/keys.ts';
import { filesOf, keyOfFile } from './files.ts';
import { createNames } from './names.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { columnsTable } from './table.ts';

export type Packing<T> = {
  /** @returns undefined where the file is not there: then its slot stays empty */
  take(key: StorageKey, name: string): Promise<T | undefined>;
  writeCsv(text: string): Promise<void>;
};

/**
 * Every rendition under its name, and the CSV whose cells are these names, in one pass, so that both
 * agree even while the batch runs.
 * @returns what `take` returned
 */
export async function* packed<T>(
  db: Db,
  results: BatchResults,
  { take, writeCsv }: Packing<T>,
): AsyncGenerator<T> {
  const nameOf = createNames(results.nameTemplate ?? parseNameTemplate(DEFAULT_NAME_TEMPLATE));
  const table = columnsTable(results);
  await writeCsv(headerText(results.format, table.header));
  for await (const page of productPages(db, results)) {
    const rows: string[][] = [];
    for (const product of page) {
      const names: string[] = [];
      for (const file of filesOf(results, product)) {
        const name = nameOf(file);
        const key = keyOfFile(results, file);
        const taken = key === undefined ? undefined : await take(key, name);
        names.push(taken === undefined ? '' : name);
        if (taken !== undefined) yield taken;
      }
      rows.push(table.row(product, names));
    }
    await writeCsv(csvText(rows, results.format));
  }
}
