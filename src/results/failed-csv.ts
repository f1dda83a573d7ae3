import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { faithfulWriter } from '../csv/write-faithful.ts';
import { inPieces } from './pieces.ts';
import {
  type BatchResults,
  type FailedFilter,
  readCells,
  readFailedImages,
  readRejectedRows,
} from './results.queries.ts';
import { correctable } from './table.ts';

/**
 * The rows that intake rejected or that have a failed image, as they were in the input, so that they can be
 * corrected and uploaded again. No other rows are read: these may be one in a million.
 * @param filter only rows with a failed image that it names; such a row is whole, with its other images
 */
export async function* failedCsv(
  db: Db,
  results: BatchResults,
  filter: FailedFilter = {},
): AsyncGenerator<Buffer> {
  const { format } = results;
  const writer = faithfulWriter(format);
  yield writer.header();
  for await (const rowNumbers of failingPages(db, results, filter)) {
    const rows = await readCells(db, results, rowNumbers);
    for (const piece of inPieces(rows))
      yield writer.rows(piece.map(({ cells, quoted }) => ({ cells: correctable(cells, format), quoted })));
  }
  yield writer.end();
}

const ROWS_A_PAGE = 100; // which may have 100 million characters

async function* failingPages(db: Db, batch: BatchKey, filter: FailedFilter): AsyncGenerator<number[]> {
  const isFiltered = filter.codes !== undefined || filter.hosts !== undefined;
  const failed = failedRows(db, batch, filter);
  let page: number[] = [];
  for await (const rowNumber of isFiltered ? failed : merged(failed, rejectedRows(db, batch))) {
    if (page.push(rowNumber) < ROWS_A_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Ascending and distinct, although a row may have several failed images. */
async function* failedRows(db: Db, batch: BatchKey, filter: FailedFilter): AsyncGenerator<number> {
  let last = 0;
  let images = await readFailedImages(db, batch, { ...filter, afterSlot: 0 });
  while (images.length > 0) {
    for (const { row_number } of images) {
      if (row_number !== last) yield row_number;
      last = row_number;
    }
    images = await readFailedImages(db, batch, { ...filter, afterSlot: images.at(-1)?.slot ?? 0 });
  }
}

async function* rejectedRows(db: Db, batch: BatchKey): AsyncGenerator<number> {
  let rows = await readRejectedRows(db, batch, 0);
  while (rows.length > 0) {
    yield* rows;
    rows = await readRejectedRows(db, batch, rows.at(-1) ?? 0);
  }
}

/** Merges two ascending sequences, without duplicates. */
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
