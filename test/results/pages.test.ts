/** A table is read in pages: many short rows, or few long ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { failedCsv } from '../../src/results/failed-csv.ts';
import { outputCsv } from '../../src/results/output-csv.ts';
import { outputRows } from '../../src/results/output-rows.ts';
import { findResults, productPages } from '../../src/results/results.queries.ts';
import { acceptCsv, newServices } from '../support/batches.ts';

test('each row is read once, in order, however long the rows are; failed.csv too', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const isLong = (row: number): boolean => row <= 30 || (row > 700 && row <= 720) || row > 2_490;
  const noteOf = (row: number): string =>
    `${row} `.repeat(row === 710 ? 200_000 : isLong(row) ? 8_000 : 1).trimEnd();
  const numbers = Array.from({ length: 2_500 }, (_, i) => i + 1);
  const lines = numbers.map((row) => `${row},P,${noteOf(row)},https://a.example/${row}.jpg\n`);
  const batch = await acceptCsv(services, `S. No.,Product Name,Note,Input Image Urls\n${lines.join('')}`);
  const results = await findResults(db, batch);
  assert.ok(results);

  const pages = (await Array.fromAsync(productPages(db, results))).map((page) => ({
    rows: page.length,
    characters: page.reduce((sum, { cells }) => sum + cells.join('').length, 0),
  }));
  assert.ok(pages.length > 4, 'several pages');
  assert.ok(Math.max(...pages.map(({ rows }) => rows)) > 100, 'short rows: many');
  assert.ok(
    Math.max(...pages.map(({ characters }) => characters)) < 2e6,
    'long rows: a megabyte of them, and one more',
  );

  const read = async (pieces: AsyncIterable<string | Buffer>): Promise<string[][]> =>
    parse((await Array.fromAsync(pieces)).join(''));
  const written = await read(
    outputCsv(
      outputRows(db, results, () => ''),
      results.format,
    ),
  );
  const cellsOf = (rows: string[][]) => rows.slice(1).map(([number, , note]) => [number, note]);
  const wanted = numbers.map((row) => [String(row), noteOf(row)]);
  assert.deepEqual(cellsOf(written), wanted);

  await sql`update images set state = 'failed', error_code = 'not_found', ended_at = now(), due_at = null, task_id = null
    where batch_id = ${batch.batchId}`.execute(db);
  assert.deepEqual(cellsOf(await read(failedCsv(db, results))), wanted);
});
