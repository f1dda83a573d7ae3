import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { uuidOf } from '../../src/ids.ts';
import { WORKBOOK_TYPE } from '../../src/intake/receive.ts';
import type { Preview } from '../../src/intake/preview.ts';
import { type Api, startApi } from '../support/api.ts';
import { type Batch, json } from '../support/minilab.ts';
import { excelWorkbook, TABLE } from '../support/program-workbooks.ts';
import { textRows, textWorkbook, workbook } from '../support/workbooks.ts';

const CSV = Buffer.from(
  `\u{feff}${TABLE.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n')}\r\n`,
);

type Answer = { code: string; detail: string; errors: { code: string }[] };

describe('a workbook is uploaded as a CSV is', () => {
  const stack = new AsyncDisposableStack();
  let api: Api;

  before(async () => {
    api = stack.use(await startApi());
  });

  after(() => stack.disposeAsync());

  const post = (path: string, file: Buffer, type = WORKBOOK_TYPE): Promise<Response> =>
    fetch(`${api.url}${path}`, { method: 'POST', body: file, headers: { 'content-type': type } });

  function postForm(path: string, file: Buffer, fields: Record<string, string> = {}): Promise<Response> {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(file)]), 'Katalog.xlsx');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return fetch(`${api.url}${path}`, { method: 'POST', body: form });
  }

  async function storedRows(id: string): Promise<unknown> {
    const { db } = api.services.database;
    const ofBatch = sql`batch_id = ${uuidOf('bat', id)}::uuid`;
    const { rows: products } =
      await sql`select row_number, name, label, sku, cells, first_slot, images, flaws from products where ${ofBatch} order by row_number`.execute(
        db,
      );
    const { rows: images } =
      await sql`select slot, row_number, position, url, host, recipe, lead_slot from images where ${ofBatch} order by slot`.execute(
        db,
      );
    return { products, images };
  }

  test('its batch has the rows and images of the same table as a CSV, and its output is the same', async () => {
    const batches = await Promise.all([
      json<Batch & { name: string }>(postForm('/v1/batches', excelWorkbook())),
      json<Batch & { name: string }>(post('/v1/batches', CSV, 'text/csv')),
    ]);
    const [rows, rowsOfCsv] = await Promise.all(batches.map(({ id }) => storedRows(id)));
    assert.deepEqual(rows, rowsOfCsv);
    assert.equal(batches[0]?.name, 'Katalog.xlsx');
    const [own, ofCsv] = await Promise.all(
      batches.map(async ({ links }) =>
        (await fetch(`${links.self}/output.csv?style=replace&on_failed=source`)).text(),
      ),
    );
    assert.deepEqual(parse(own ?? '', { bom: true }), parse(ofCsv ?? '', { bom: true }));
  });

  test('a preview says which sheet is read; the option that chooses another may follow the file', async () => {
    const sheets = ['Men', 'Women'].map((name) => ({
      name,
      rows: textRows([
        ['SKU', 'Images'],
        [name, 'https://a.example/1.jpg'],
      ]),
    }));
    const file = workbook({ sheets });
    const unclear = await json<Preview>(post('/v1/batches/preview', file));
    assert.deepEqual([unclear.ok, unclear.errors.map(({ code }) => code)], [false, ['sheet_not_chosen']]);
    const chosen = await json<Preview>(postForm('/v1/batches/preview', file, { sheet: 'Women' }));
    const { ok, file_kind, sheet, sheets: all, delimiter, encoding, first_rows } = chosen;
    assert.deepEqual(
      { ok, file_kind, sheet, sheets: all, delimiter, encoding, sku: first_rows[0]?.sku },
      {
        ok: true,
        file_kind: 'xlsx',
        sheet: 'Women',
        sheets: ['Men', 'Women'],
        delimiter: null,
        encoding: null,
        sku: 'Women',
      },
    );
    const first = await json<Preview>(post('/v1/batches/preview?partial=true', file.subarray(0, 700)));
    assert.deepEqual(
      first.errors.map(({ code }) => code),
      ['not_whole'],
    );
    const csv = await json<Preview>(post('/v1/batches/preview', CSV, 'text/csv'));
    assert.deepEqual([csv.file_kind, csv.sheet, csv.sheets, csv.delimiter], ['csv', null, [], ',']);
  });

  test('a refused one says why, and nothing of it stays', async () => {
    const answer = await post(
      '/v1/batches',
      textWorkbook([
        ['SKU', 'Images'],
        ['A', 'C:\\a.jpg'],
      ]),
    );
    assert.equal(answer.status, 422);
    assert.deepEqual(
      (await json<Answer>(answer)).errors.map(({ code }) => code),
      ['invalid_url'],
    );
    const folder = join(api.services.config.dataDir, 'tmp');
    const left = await readdir(folder).catch(() => []);
    assert.deepEqual(
      left.filter((name) => !name.startsWith('worker-')),
      [],
    );
  });

  test('a kept one is read again with other options, and gives its bad rows as a CSV', async () => {
    const file = textWorkbook([
      ['Autumn, 2026'],
      ['SKU', 'Name', 'Images'],
      ['0001', 'Größe "L"', 'https://a.example/1.jpg'],
      ['0002', '=1+1', 'ftp://a.example/2.jpg'],
    ]);
    const { upload_id } = await json<{ upload_id: string }>(postForm('/v1/uploads', file));
    const preview = await json<Preview>(
      fetch(`${api.url}/v1/batches/preview?upload=${upload_id}&sheet=Products`, { method: 'POST' }),
    );
    assert.deepEqual([preview.bad_rows, preview.rows, preview.header_line], [1, 2, 2]);
    const bad = await fetch(`${api.url}/v1/uploads/${upload_id}/errors.csv?sheet=1`);
    assert.equal(
      Buffer.from(await bad.arrayBuffer()).toString(),
      '\u{feff}"Autumn, 2026"\r\nSKU,Name,Images\r\n0002,=1+1,ftp://a.example/2.jpg\r\n',
    );
    assert.match(bad.headers.get('content-disposition') ?? '', /filename="Katalog-errors.csv"/);
  });
});
