import { csvText, headerText } from '../csv/write.ts';
import type { Db } from '../db/database.ts';
import type { BatchCheck } from './check/check.ts';
import { checkCells, checkColumn } from './check/check-cells.ts';
import { filesOf, type OutputFile } from './files.ts';
import { inPieces } from './pieces.ts';
import { type BatchResults, productPages } from './results.queries.ts';
import { columnsTable } from './table.ts';

/**
 * The input's CSV with the outputs that exist by now in columns of their own, in pieces.
 * @param check adds a column for each of its channels
 */
export async function* outputCsv(
  db: Db,
  results: BatchResults,
  urlOf: (file: OutputFile) => string,
  check?: BatchCheck,
): AsyncGenerator<string> {
  const table = columnsTable(results);
  const checks = check?.request.channels.map(checkColumn) ?? [];
  yield headerText(results.format, [...table.header, ...checks]);
  for await (const page of productPages(db, results)) {
    for (const piece of inPieces(page)) {
      const cells = check ? await checkCells(check, piece) : [];
      const rows = piece.map((product, i) =>
        table.row(product, filesOf(results, product).map(urlOf)).concat(cells[i] ?? []),
      );
      yield csvText(rows, results.format);
    }
  }
}
