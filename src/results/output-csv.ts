import type { Db } from '../db/database.ts';
import { filesOf, type OutputFile } from './files.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { csvText, type OutputTable } from './table.ts';

/** The input's CSV with the outputs, as far as there are any yet, in pieces. */
export async function* outputCsv(
  db: Db,
  results: BatchResults,
  { table, urlOf }: { table: OutputTable; urlOf: (file: OutputFile) => string },
): AsyncGenerator<string> {
  yield headerText(results, table.header);
  for await (const page of productPages(db, results)) {
    const rows = page.map((product) => table.row(product, filesOf(results, product).map(urlOf)));
    yield csvText(rows, results.format);
  }
}

/** The first line, with a byte order mark if the input had one. */
export function headerText({ format }: BatchResults, header: string[]): string {
  return (format.bom ? '\u{feff}' : '') + csvText([header], format);
}
