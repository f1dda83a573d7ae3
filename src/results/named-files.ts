import { DEFAULT_NAME_TEMPLATE, parseNameTemplate } from '../presets/name-template.ts';
import { csvText, headerText } from '../csv/write.ts';
import type { Db } from '../db/database.ts';
import type { StorageKey } from '../storage/keys.ts';
import { filesOf, storageKeyOf } from './files.ts';
import { createNamer } from './names.ts';
import { readAhead } from './read-ahead.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { columnsTable } from './table.ts';
import type { TableFile } from './table-file.ts';

/** A folder or an archive that gets the files and their CSV. */
export type NamedFilesTarget<T> = {
  /** @returns undefined if the file is missing: its slot stays empty in the CSV */
  add(key: StorageKey, name: string): Promise<T | undefined>;
  writeCsv(text: string): Promise<void>;
  /** gets the same table in another format */
  table?: TableFile | undefined;
  /** how many files are added before the one that is waited for is used */
  readAhead: number;
};

/**
 * Gives every rendition its name, and writes the CSV whose cells are these names. One pass does both, so
 * that they agree even while the batch runs.
 * @returns the results of `add`
 */
export async function* namedFiles<T>(
  db: Db,
  results: BatchResults,
  { add, writeCsv, table: file, readAhead: depth }: NamedFilesTarget<T>,
): AsyncGenerator<T> {
  const nameOf = createNamer(results.nameTemplate ?? parseNameTemplate(DEFAULT_NAME_TEMPLATE));
  const table = columnsTable(results);
  await writeCsv(headerText(results.format, table.header));
  await file?.begin(table.header);
  for await (const page of productPages(db, results)) {
    const rows = page.map((product) => ({ product, names: [] as string[] }));
    const files = rows.flatMap(({ product, names }) =>
      filesOf(results, product).map((file) => ({
        names,
        name: nameOf(file),
        key: storageKeyOf(results, file),
      })),
    );
    const adding = files.map((file) => async () => ({
      ...file,
      added: file.key === undefined ? undefined : await add(file.key, file.name),
    }));
    for await (const { names, name, added } of readAhead(adding, depth)) {
      names.push(added === undefined ? '' : name);
      if (added !== undefined) yield added;
    }
    const cells = rows.map(({ product, names }) => table.row(product, names));
    await writeCsv(csvText(cells, results.format));
    await file?.add(cells);
  }
}
