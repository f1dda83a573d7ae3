import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { faithfulWriter } from '../csv/write-faithful.ts';
import { inPieces } from './pieces.ts';
import { type BatchResults, readCells, readFailedRows, readRejectedRows } from './results.queries.ts';
import { correctable } from './table.ts';

/**
 * The rows with a failed image, or that intake rejected, in the input's own columns, as they were
 * written, so that they can be corrected and uploaded again. Only these rows are read, also when they are one in a million.
 */
export async function* failedCsv(db: Db, results: BatchResults): AsyncGenerator<Buffer> {
  const { format } = results;
  const writer = faithfulWriter(format);
  yield writer.header();
  for await (const rowNumbers of failingPages(db, results)) {
    const rows = await readCells(db, results, rowNumbers);
    for (const piece of inPieces(rows))
      yield writer.rows(piece.map(({ cells, quoted }) => ({ cells: correctable(cells, format), quoted })));
  }
  yield writer.end();
}

const ROWS_A_PAGE = 100;

async function* failingPages(db: Db, batch: BatchKey): AsyncGenerator<number[]> {
  let page: number[] = [];
  for await (const rowNumber of merged(failedRows(db, batch), rejectedRows(db, batch))) {
    if (page.push(rowNumber) < ROWS_A_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Ascending, and each once; a row with several failed images comes several times in a row. */
async function* failedRows(db: Db, batch: BatchKey): AsyncGenerator<number> {
  let last = 0;
  for (let after = 0; ;) {
    const images = await readFailedRows(db, batch, after);
    for (const { row_number } of images) {
      if (row_number !== last) yield row_number;
      last = row_number;
    }
    const end = images.at(-1);
    if (!end) return;
    after = end.slot;
  }
}

async function* rejectedRows(db: Db, batch: BatchKey): AsyncGenerator<number> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const rows = await readRejectedRows(db, batch, after);
    yield* rows;
    after = rows.at(-1);
  }
}

/** Two ascending sequences as one; what is in both comes once. */
async function* merged(a: AsyncGenerator<number>, b: AsyncGenerator<number>): AsyncGenerator<number> {
  const next = async (from: AsyncGenerator<number>): Promise<number> => {
    const { value, done } = await from.next();
    return done ? Infinity : value;
  };
  let [left, right] = [await next(a), await next(b)];
  while (left < Infinity || right < Infinity) {
    const least = Math.min(left, right);
    yield least;
    if (left === least) left = await next(a);
    if (right === least) right = await next(b);
  }
}
