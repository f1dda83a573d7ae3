import { csvText, headerText } from '../csv/write.ts';
import type { Db } from '../db/database.ts';
import { filesOf, type OutputFile } from './files.ts';
import { inPieces } from './pieces.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { columnsTable } from './table.ts';

/** The input's CSV with the outputs that exist by now in columns of their own, in pieces. */
export async function* outputCsv(
  db: Db,
  results: BatchResults,
  urlOf: (file: OutputFile) => string,
): AsyncGenerator<string> {
  const table = columnsTable(results);
  yield headerText(results.format, table.header);
  for await (const page of productPages(db, results)) {
    for (const piece of inPieces(page)) {
      const rows = piece.map((product) => table.row(product, filesOf(results, product).map(urlOf)));
      yield csvText(rows, results.format);
    }
  }
}
