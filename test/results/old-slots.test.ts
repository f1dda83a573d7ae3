import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { parse } from 'csv-parse/sync';
import { outputCsv } from '../../src/results/output-csv.ts';
import { outputRows } from '../../src/results/output-rows.ts';
import { findResults } from '../../src/results/results.queries.ts';
import { replacedCsv } from '../../src/results/replaced-csv.ts';
import { acceptUrls, newServices } from '../support/batches.ts';

test('a batch that an older version accepted keeps each output in the slot that its source had then', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, [
    'https://a.example/1.jpg',
    'https://a.example/2.jpg',
    'https://a.example/3.jpg',
  ]);
  // As version 0.1.0 stored it: one row, split by its grammar, of which the format says nothing.
  const cells = [
    '1',
    'https://a.example/1.jpg;https://b.example/1.jpg,https://a.example/2.jpg',
    'https://a.example/3.jpg',
  ];
  const format = {
    delimiter: ',',
    bom: false,
    header: ['SKU', 'Image 1', 'Image 2'],
    columns: { images: [1, 2], sku: [0], spill: 3 },
  };
  const key = sql`tenant_id = ${batch.tenantId} and batch_id = ${batch.batchId}`;
  await sql`update batches set table_format = ${JSON.stringify(format)}, products = 1 where ${key}`.execute(
    db,
  );
  await sql`delete from products where ${key} and row_number > 1`.execute(db);
  await sql`update products set cells = ${JSON.stringify(cells)}, images = 3 where ${key}`.execute(db);
  await sql`update images set row_number = 1, position = slot, state = 'completed', hash16 = lpad(slot::text, 16, '0'),
    task_id = null, due_at = null, ended_at = now() where ${key}`.execute(db);

  const results = await findResults(db, batch);
  assert.ok(results);
  const urlOf = ({ setId }: { setId: string | null }): string => `out-${Number(setId)}`;
  const secondRow = async (pieces: AsyncIterable<string | Buffer>): Promise<string[]> =>
    parse((await Array.fromAsync(pieces)).join(''))[1] ?? [];
  assert.deepEqual((await secondRow(outputCsv(outputRows(db, results, urlOf), results.format))).slice(3, 4), [
    'out-1,out-2,out-3',
  ]);
  const replaced = replacedCsv(db, results, { onFailed: 'source', urlOf });
  assert.deepEqual(await secondRow(replaced), ['1', 'out-1,out-2', 'out-3']);
});
