import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo } from '../support/pictures.ts';

type Flaw = { line: number; column?: number; code: string; detail: string };
type Refusal = { code: string; detail: string; errors: Flaw[] };
type Preview = {
  ok: boolean;
  rows: number;
  bad_rows: number;
  images: number;
  columns: object;
  encoding: string;
  error_count: number;
  errors: Flaw[];
  warnings: Flaw[];
  probes: { url: string; ok: boolean; code: string | null; format: string | null; width: number | null }[];
};

const HEADER = 'S. No.,Product Name,Input Image Urls';

describe('spreadsheets as users have them', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    folder = await newFolder();
    const picture = photo('friends_by_Aitzol_Berasategi.jpg');
    origin = await startOrigin((path) => (/^\/\d+\.jpg/.test(path) ? picture : undefined));
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function preview(csv: string | Buffer, options: Record<string, string> = {}): Promise<Response> {
    const form = new FormData();
    form.set('file', new Blob([csv as string]), 'catalog.csv');
    for (const [name, value] of Object.entries(options)) form.set(name, value);
    return fetch(`${minilab.url}/v1/batches/preview`, { method: 'POST', body: form });
  }

  async function batches(): Promise<Batch[]> {
    return (await json<{ items: Batch[] }>(fetch(`${minilab.url}/v1/batches`))).items;
  }

  async function uploadsOnTheirWay(): Promise<string[]> {
    return (await readdir(join(folder.path, 'tmp'))).filter((name) => name.startsWith('upload'));
  }

  async function uploadHasBegun(): Promise<void> {
    while ((await uploadsOnTheirWay()).length === 0) await setImmediate();
  }

  test('exports of shops run without any option, and every row comes back in its place', async () => {
    const exports = join(import.meta.dirname, '..', 'intake', 'exports');
    for (const file of await readdir(exports)) {
      const bytes = await readFile(join(exports, file));
      const isUtf16 = bytes[0] === 0xff;
      const text = (isUtf16 ? bytes.toString('utf16le') : bytes.toString()).replaceAll(
        'https://shop.example',
        origin.url,
      );
      const csv = Buffer.from(text, isUtf16 ? 'utf16le' : 'utf8');
      const accepted = await upload(minilab.url, csv);
      assert.equal(accepted.status, 202, file);
      const batch = await untilEnded((await json<Batch>(accepted)).links.self);
      assert.equal(batch.state, 'completed', file);
      const lines = (await (await fetch(batch.links.output_csv)).text()).split('\n');
      const header = lines.findIndex((line) => line.includes('Output Image Urls'));
      const delimiter = ['\t', ';', ','].find((each) => lines[header]?.includes(each)) ?? ',';
      const table = parse(lines.slice(header).join('\n'), {
        ...{ bom: true, delimiter, columns: true, relax_column_count: true },
      }) as Record<string, string>[];
      const rows = table.filter((row) => row['Status'] !== undefined); // not what describes the columns
      assert.equal(rows.length, batch.products, file);
      const urls = rows.flatMap((row) => row['Output Image Urls']?.match(/https?:\/\/\S+?\.jpg/g) ?? []);
      assert.equal(urls.length, batch.counts.total, file);
      assert.deepEqual(new Set(rows.map((row) => row['Status'])), new Set(['completed']), file);
    }
  });

  test('on_invalid=skip works on the good rows and keeps the bad ones as failed, so that rows in are rows out', async () => {
    const csv = [
      'SKU,Product Name,Preset,Input Image Urls',
      `A,Good,,${origin.url}/1.jpg`,
      `B,One bad address,,"${origin.url}/2.jpg,https://user:secret@nowhere.example/3.jpg"`,
      `C,No such preset,nope,${origin.url}/4.jpg`,
      'D,No such preset and no image,nope,',
      `E,Good,,${origin.url}/5.jpg`,
    ].join('\n');
    assert.equal((await upload(minilab.url, csv)).status, 422);
    const accepted = await json<Batch & { rejected_rows: number }>(
      upload(minilab.url, csv, { on_invalid: 'skip' }),
    );
    const batch = await untilEnded(accepted.links.self);
    assert.equal(batch.state, 'completed_with_errors');
    assert.deepEqual(batch.counts, {
      ...{ total: 5, pending: 0, processing: 0 },
      ...{ completed: 2, failed: 3, cancelled: 0 },
    });
    assert.deepEqual(batch.errors_by_code, { invalid_url: 1, row_rejected: 2 });
    const { items } = await json<{ items: { row: number; error_detail: string }[] }>(
      fetch(`${batch.links.images}?code=invalid_url`),
    );
    assert.match(items[0]?.error_detail ?? '', /3\.jpg" is not an image URL: it holds a user name/);
    const rows = parse(await (await fetch(batch.links.output_csv)).text(), { columns: true }) as Record<
      string,
      string
    >[];
    assert.deepEqual(
      rows.map((row) => [row['SKU'], row['Status']]),
      [
        ['A', 'completed'],
        ['B', 'failed'],
        ['C', 'failed'],
        ['D', 'failed'],
        ['E', 'completed'],
      ],
    );
  });

  test('a file whose rows are all bad is a failed batch with on_invalid=skip', async () => {
    const csv = `${HEADER}\n1,A,nothing\n2,B,ftp://x\n`;
    const batch = await untilEnded(
      (await json<Batch>(upload(minilab.url, csv, { on_invalid: 'skip' }))).links.self,
    );
    assert.equal(batch.state, 'failed');
    assert.equal(batch.counts.failed, 2);
  });

  test('strict=true takes warnings for errors', async () => {
    const csv = `SKU,Product Name,Input Image Urls\n1.23E+12,,\n`;
    const { errors } = await json<Refusal>(upload(minilab.url, csv, { strict: 'true' }));
    assert.deepEqual(
      errors.map(({ code, column }) => [code, column]),
      [
        ['no_name', 2],
        ['no_images', 3],
        ['sku_rounded', 1],
      ],
    );
  });

  test('strict=true holds for the header too, and a preview says the same', async () => {
    const csv = `Product Name,Product Name,Image\nA,B,${origin.url}/1.jpg\n`;
    const { errors } = await json<Refusal>(upload(minilab.url, csv, { strict: 'true' }));
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['duplicate_header'],
    );
    assert.equal((await json<Preview>(preview(csv, { strict: 'true' }))).ok, false);
    assert.equal((await json<Preview>(preview(csv))).ok, true);
  });

  test('what the database could not keep is an error of its row, or of its request', async () => {
    const long = Array.from({ length: 900 }, (_, i) => (i * 7919).toString(36)).join('');
    const csv = `SKU,Images\n${long},${origin.url}/1.jpg\nB,https://${'漢'.repeat(500)}.example/1.jpg\n`;
    const { errors } = await json<Refusal>(upload(minilab.url, csv));
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['sku_too_long', 'invalid_url'],
    );
    const good = `SKU,Images\nA,${origin.url}/1.jpg\n`;
    assert.equal((await upload(minilab.url, good, { name: 'a\0b' })).status, 400);
    assert.equal((await upload(minilab.url, good, { fresh_for: '999999h' })).status, 400);
    assert.equal((await fetch(`${minilab.url}/v1/products?sku=%00`)).status, 400);
    assert.equal((await fetch(`${minilab.url}/v1/images?url=%00`)).status, 400);
  });

  test('an unknown header is refused with the mapping to send', async () => {
    const csv = `Nummer;Bezeichnung;Ansicht\n7;Stuhl;${origin.url}/1.jpg\n`;
    const refusal = await json<Refusal>(upload(minilab.url, csv));
    const mapping = /columns=(\{.*?\})/.exec(refusal.detail + JSON.stringify(refusal.errors[0]?.detail))?.[1];
    assert.ok(mapping, JSON.stringify(refusal));
    const columns = mapping.replaceAll('\\"', '"');
    assert.deepEqual(JSON.parse(columns), { images: 'Ansicht' });
    const batch = await untilEnded((await json<Batch>(upload(minilab.url, csv, { columns }))).links.self);
    assert.equal(batch.state, 'completed');
    const wrong = await json<Refusal>(upload(minilab.url, csv, { columns: '{"images":"Bild"}' }));
    assert.match(
      wrong.errors[0]?.detail ?? '',
      /no column "Bild"; the header has "Nummer", "Bezeichnung", "Ansicht"/,
    );
  });

  test('an encoding is taken when it is named, also behind the file of the form', async () => {
    const csv = Buffer.from(
      `SKU,Product Name,Input Image Urls\n1,Gr\u00f6\u00dfe,${origin.url}/1.jpg\n`,
      'latin1',
    );
    const refusal = await json<Refusal>(preview(csv));
    assert.equal(refusal.errors[0]?.code, 'wrong_encoding');
    assert.equal(refusal.errors[0]?.line, 2);
    const form = new FormData();
    form.set('file', new Blob([csv]), 'catalog.csv');
    form.set('charset', 'windows-1252');
    const accepted = await fetch(`${minilab.url}/v1/batches`, { method: 'POST', body: form });
    const batch = await untilEnded((await json<Batch>(accepted)).links.self);
    const output = await (await fetch(batch.links.output_csv)).text();
    assert.match(output, /Größe/);
    assert.equal((await upload(minilab.url, csv, { charset: 'klingon' })).status, 400);
  });

  test('a preview tells what an upload would be taken for, looks at images, and stores nothing', async () => {
    const before = await batches();
    const csv = `SKU,Title,Image Src,Preset\nA,Chair,${origin.url}/1.jpg,\nB,Table,"${origin.url}/missing.jpg, ${origin.url}/2.jpg",\n`;
    const good = await json<Preview>(preview(csv, { probe: '3' }));
    assert.partialDeepStrictEqual(good, {
      ...{ ok: true, rows: 2, bad_rows: 0, images: 3, encoding: 'utf-8', error_count: 0 },
      columns: { images: ['Image Src'], name: 'Title', sku: ['SKU'], preset: 'Preset' },
    });
    assert.deepEqual(
      good.probes.map(({ ok, code, format, width }) => [ok, code, format, width]),
      [
        [true, null, 'jpeg', 2056],
        [false, 'not_found', null, null],
        [true, null, 'jpeg', 2056],
      ],
    );
    const bad = await json<Preview>(preview(`${csv}C,Bad,nothing,nope\n`));
    assert.equal(bad.ok, false);
    assert.deepEqual(
      bad.errors.map(({ line, column, code }) => [line, column, code]),
      [
        [4, 4, 'unknown_preset'],
        [4, 3, 'invalid_url'],
      ],
    );
    assert.equal((await preview(csv, { probe: '1000' })).status, 400);
    assert.equal((await preview(csv, { preset: 'nope' })).status, 400);
    assert.deepEqual(await batches(), before);
    assert.deepEqual(await uploadsOnTheirWay(), []);
  });

  test('of 100 equal requests with one Idempotency-Key one makes a batch, and all get its answer', async () => {
    const before = (await batches()).length;
    const csv = `${HEADER}\n1,A,${origin.url}/1.jpg\n`;
    const send = (fields: Record<string, string>, file = csv): Promise<Response> => {
      const form = new FormData();
      form.set('file', new Blob([file]), 'catalog.csv');
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      const headers = { 'idempotency-key': 'night-2026-11-22' };
      return fetch(`${minilab.url}/v1/batches`, { method: 'POST', body: form, headers });
    };
    const options = { name: 'night', callback_url: `${origin.url}/hook` };
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        for (;;) {
          const answer = await send(options);
          if (answer.status !== 409) return { status: answer.status, body: await answer.text() };
          assert.equal((await json<Refusal>(answer)).code, 'idempotency_key_in_use');
        }
      }),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
    assert.equal((await batches()).length, before + 1);

    // The same by other means is the same; other bytes or options are not.
    const asBody = await fetch(
      `${minilab.url}/v1/batches?callback_url=${encodeURIComponent(options.callback_url)}&name=night`,
      {
        method: 'POST',
        body: csv,
        headers: { 'content-type': 'text/csv', 'idempotency-key': 'night-2026-11-22' },
      },
    );
    assert.equal(await asBody.text(), answers[0]?.body);
    assert.equal(asBody.headers.get('idempotency-replayed'), 'true');
    for (const other of [
      send({ ...options, preset: 'thumb' }),
      send(options, `${csv}2,B,${origin.url}/2.jpg\n`),
    ])
      assert.equal((await json<Refusal>(other)).code, 'idempotency_key_reused');
    assert.equal((await batches()).length, before + 1);
  });

  test('a request that was refused does not use up its Idempotency-Key', async () => {
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'refused-first' };
    const send = (body: string): Promise<Response> =>
      fetch(`${minilab.url}/v1/batches`, { method: 'POST', body, headers });
    assert.equal((await send(`${HEADER}\n1,A,nothing\n`)).status, 422);
    assert.equal((await send(`${HEADER}\n1,A,${origin.url}/1.jpg\n`)).status, 202);
  });

  test('a request that was cut off does not hold its Idempotency-Key', async () => {
    const url = `${minilab.url}/v1/batches`;
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'cut-first' };
    const cut = request(url, { method: 'POST', headers: { ...headers, 'content-length': 1_000_000 } });
    const closed = new Promise((resolve) => cut.once('close', resolve));
    cut.once('error', () => {});
    cut.write(`${HEADER}\n1,A,${origin.url}/1.jpg\n`);
    await uploadHasBegun();
    const send = (): Promise<Response> =>
      fetch(url, { method: 'POST', headers, body: `${HEADER}\n1,A,${origin.url}/1.jpg\n` });
    assert.equal((await send()).status, 409);
    cut.destroy();
    await closed;
    let status = 409;
    while (status === 409) ({ status } = await send());
    assert.equal(status, 202);
  });
});
