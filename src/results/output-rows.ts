import type { Db } from '../db/database.ts';
import type { BatchCheck } from './check/check.ts';
import { checkCells, checkColumn } from './check/check-cells.ts';
import { filesOf, type OutputFile } from './files.ts';
import { inPieces } from './pieces.ts';
import { type BatchResults, productPages, type ProductResult } from './results.queries.ts';
import { columnsTable } from './table.ts';

/** The table that goes back: its header, and its rows, some at a time. */
export type OutputRows = { header: string[]; pieces: AsyncGenerator<string[][]> };

/**
 * The input's rows with the outputs that exist by now in columns of their own.
 * @param check adds a column for each of its channels
 */
export function outputRows(
  db: Db,
  results: BatchResults,
  urlOf: (file: OutputFile) => string,
  check?: BatchCheck,
): OutputRows {
  const table = columnsTable(results);
  const checks = check?.request.channels.map(checkColumn) ?? [];
  async function* pieces(): AsyncGenerator<string[][]> {
    for await (const { page, cells } of checkedPages(db, results, check)) {
      let at = 0;
      for (const piece of inPieces(page))
        yield piece.map((product) =>
          table.row(product, filesOf(results, product).map(urlOf)).concat(cells[at++] ?? []),
        );
    }
  }
  return { header: [...table.header, ...checks], pieces: pieces() };
}

type CheckedPage = { page: ProductResult[]; cells: string[][] };

/** A page is checked while the next one is read. */
async function* checkedPages(
  db: Db,
  results: BatchResults,
  check: BatchCheck | undefined,
): AsyncGenerator<CheckedPage> {
  let before: Promise<CheckedPage> | undefined;
  for await (const page of productPages(db, results, { hasSources: check !== undefined })) {
    const checked = checkedPage(page, check);
    checked.catch(() => {}); // thrown when it is awaited, unless nobody wants it any more
    if (before) yield await before;
    before = checked;
  }
  if (before) yield await before;
}

async function checkedPage(page: ProductResult[], check: BatchCheck | undefined): Promise<CheckedPage> {
  return { page, cells: check ? await checkCells(check, page) : [] };
}
