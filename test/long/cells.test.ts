import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import {
  type Batch,
  json,
  type Running,
  runMinilab,
  startMinilab,
  untilEnded,
  upload,
} from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo } from '../support/pictures.ts';

type Flaw = { line: number; column?: number; code: string; detail: string };
type Refusal = { code: string; detail: string; errors?: Flaw[] };
type Preview = {
  ok: boolean;
  images: number;
  errors: Flaw[];
  warnings: Flaw[];
  probes: { ok: boolean; code: string | null }[];
};
type Row = Record<string, string>;

const HEADER = 'S. No.,Product Name,Input Image Urls';
const ZEROS = Buffer.alloc(50_000_000);
// A GIF of one point.
const TINY = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

describe('cells and bodies as they come', () => {
  const stack = new AsyncDisposableStack();
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    const folder = stack.use(await newFolder());
    const picture = photo('friends_by_Aitzol_Berasategi.jpg');
    const isPicture = (path: string): boolean =>
      /^\/(img\/ok\d?\.jpg|scale\/ok\.jpg\?w=600&h=400)$/.test(path);
    origin = stack.use(
      await startOrigin((path) => (isPicture(path) ? picture : path === '/tiny.gif' ? TINY : undefined)),
    );
    const settings = {
      DATA_DIR: folder.path,
      DATABASE_URL: await migratedDatabase(),
      MAX_UPLOAD_BYTES: '1MiB',
    };
    minilab = stack.use(await startMinilab('serve', settings));
  });
  after(() => stack.disposeAsync());

  async function fault(name: string): Promise<string> {
    const file = join(import.meta.dirname, '..', 'intake', 'faults', name);
    return (await readFile(file, 'utf8')).replaceAll('https://shop.example', origin.url);
  }

  async function done(csv: string): Promise<{ batch: Batch; rows: Row[]; replaced: string }> {
    const accepted = await upload(minilab.url, csv);
    assert.equal(accepted.status, 202);
    const batch = await untilEnded((await json<Batch>(accepted)).links.self);
    const output = await (await fetch(batch.links.output_csv)).text();
    const replaced = await (await fetch(`${batch.links.output_csv}?style=replace`)).text();
    return { batch, rows: parse(output, { columns: true }) as Row[], replaced };
  }

  /** A cell of outputs with `o` for each. */
  const outputsOf = (cell = ''): string => cell.replaceAll(/https?:\/\/[^;,|\s"]+\.jpg/g, 'o');

  test('semicolons between addresses: each output in the slot of its source', async () => {
    const { batch, rows, replaced } = await done(await fault('c2-semicolons.csv'));
    assert.equal(batch.state, 'completed');
    assert.equal(batch.counts.completed, 8);
    assert.deepEqual(
      rows.map((row) => outputsOf(row['Output Image Urls'])),
      ['o;o', 'o; o ; o', 'o;;o', 'o;'],
    );
    assert.deepEqual(
      (parse(replaced, { columns: true }) as Row[]).map((row) => outputsOf(row['Images'])),
      ['o;o', 'o; o ; o', 'o;;o', 'o;'],
    );
  });

  test('addresses with &amp; and &#38; out of XML are fetched as they were meant, and a warning says so', async () => {
    const csv = await fault('c5-amp.csv');
    const { batch } = await done(csv);
    assert.equal(batch.state, 'completed');
    assert.deepEqual(
      batch.warnings.map(({ line, code }) => [line, code]),
      [
        [2, 'url_rewritten'],
        [3, 'url_rewritten'],
      ],
    );
    assert.ok([...origin.requests.keys()].every((path) => !path.includes('&amp;')));
  });

  test("PHP's backslash before a quotation mark moves no column", async () => {
    const { batch, rows } = await done(await fault('c1d-backslash-shift.csv'));
    assert.equal(batch.counts.completed, 2);
    assert.equal(rows[0]?.['Description'], '<p style=\\"margin:0\\", title=\\"x\\">Blue</p>');
    assert.ok(rows.every((row) => row['Output Image Urls']?.endsWith('.jpg')));
  });

  async function post(path: string, body: Buffer, headers: Record<string, string>): Promise<Response> {
    return fetch(minilab.url + path, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'text/csv', ...headers },
    });
  }

  test('a packed body is unpacked within the bound of an upload', async () => {
    const csv = Buffer.from(`${HEADER}\n1,A,${origin.url}/img/ok.jpg\n`);
    const packed = {
      gzip: gzipSync(csv),
      'x-gzip': gzipSync(csv),
      deflate: deflateSync(csv),
      br: brotliCompressSync(csv),
      zstd: zstdCompressSync(csv),
    };
    for (const path of ['/v1/batches', '/v1/batches/preview'])
      for (const [coding, body] of Object.entries({ ...packed, identity: csv })) {
        const answer = await post(path, body, { 'content-encoding': coding });
        assert.ok(answer.ok, `${path} ${coding} ${answer.status}`);
      }
    for (const [coding, bomb] of Object.entries({ gzip: gzipSync(ZEROS), zstd: zstdCompressSync(ZEROS) }))
      assert.equal((await post('/v1/batches', bomb, { 'content-encoding': coding })).status, 413, coding);
    for (const path of ['/v1/batches', '/v1/batches/preview']) {
      const cut = await post(path, packed.gzip.subarray(0, -12), { 'content-encoding': 'gzip' });
      assert.equal(cut.status, 400);
      assert.match(
        (await json<Refusal>(cut)).detail,
        /not valid gzip, as its Content-Encoding says, or it is incomplete/,
      );
      for (const coding of ['gzip', 'br', 'zstd', 'deflate'])
        assert.equal((await post(path, csv, { 'content-encoding': coding })).status, 400, coding);
      const unknown = await post(path, csv, { 'content-encoding': 'compress' });
      assert.equal(unknown.status, 415);
      assert.match((await json<Refusal>(unknown)).detail, /gzip, deflate, br and zstd are/);
      const form = await post(path, csv, {
        'content-encoding': 'gzip',
        'content-type': 'multipart/form-data; boundary=x',
      });
      assert.equal(form.status, 415);
      assert.match((await json<Refusal>(form)).detail, /Content-Type: text\/csv/);
    }
  });

  test('what is too large by its Content-Length is refused before it is sent', async () => {
    for (const path of ['/v1/batches', '/v1/batches/preview'])
      for (const type of ['text/csv', 'multipart/form-data; boundary=x']) {
        const headers = { 'content-type': type, 'content-length': 100_000_000, expect: '100-continue' };
        const asking = request(minilab.url + path, { method: 'POST', headers });
        asking.on('continue', () => assert.fail('it asked for the body'));
        asking.flushHeaders();
        const [answer] = (await once(asking, 'response')) as [{ statusCode: number }];
        assert.equal(answer.statusCode, 413);
        asking.destroy();
        // A client that does not ask is answered before it has sent everything.
        const socket = connect(Number(new URL(minilab.url).port), '127.0.0.1');
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 100000000\r\n\r\n${HEADER}`,
        );
        const [begin] = (await once(socket, 'data')) as [Buffer];
        assert.match(begin.toString(), /^HTTP\/1\.1 413/);
        socket.destroy();
      }
  });

  test('a client that asks before it sends is told to go on', async () => {
    const csv = `${HEADER}\n1,A,${origin.url}/img/ok.jpg\n`;
    const headers = { 'content-type': 'text/csv', 'content-length': csv.length, expect: '100-continue' };
    const asking = request(`${minilab.url}/v1/batches`, { method: 'POST', headers });
    asking.flushHeaders();
    await once(asking, 'continue');
    asking.end(csv);
    const [answer] = (await once(asking, 'response')) as [{ statusCode: number }];
    assert.equal(answer.statusCode, 202);
    asking.destroy();
  });

  test('the preview refuses what the upload refuses', async () => {
    const preview = (csv: string, fields: Record<string, string> = {}): Promise<Response> => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new Blob([csv]), 'catalog.csv');
      return fetch(`${minilab.url}/v1/batches/preview`, { method: 'POST', body: form });
    };
    const good = `${HEADER}\n1,A,${origin.url}/img/ok.jpg\n`;
    for (const fields of [
      { callback_url: 'ftp://a.example/hook' },
      { callback_url: 'no address' },
      { name: 'a\0b' },
      { name_template: '{nothing}' },
      { fresh_for: 'soon' },
      { deadline_hours: '0' },
      { preset: 'nope' },
      { charset: 'klingon' },
      { columns: '{' },
      { colour: 'red' },
    ] as Record<string, string>[]) {
      const [first, second] = await Promise.all([upload(minilab.url, good, fields), preview(good, fields)]);
      assert.deepEqual([first.status, second.status], [400, 400], JSON.stringify(fields));
      assert.equal(
        (await json<Refusal>(first)).detail,
        (await json<Refusal>(second)).detail.replace(', probe', '').replace(', partial', ''),
      );
    }
    const choices = Array.from({ length: 1_002 }, (_, i) => `${i},${i + 1},${origin.url}/img/ok.jpg\n`).join(
      '',
    );
    const csv = `SKU,Output Width,Images\n${choices}`;
    const refused = await json<Refusal>(upload(minilab.url, csv));
    const seen = await json<Preview>(preview(csv));
    assert.equal(seen.ok, false);
    assert.deepEqual(seen.errors, refused.errors);
    const large = `${HEADER}\n1,${'x'.repeat(1_100_000)},${origin.url}/img/ok.jpg\n`;
    const statuses = await Promise.all([upload(minilab.url, large), preview(large)]);
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [413, 413],
    );
  });

  test('a probe takes an image that is shorter than the first bytes that are asked for', async () => {
    await using folder = await newFolder();
    const file = join(folder.path, 'tiny.csv');
    await writeFile(file, `${HEADER}\n1,A,${origin.url}/tiny.gif\n`);
    const { out, code } = await runMinilab(['check', file, '--probe', '1', '--json']);
    assert.equal(code, 0);
    assert.partialDeepStrictEqual((JSON.parse(out) as Preview).probes, [
      { ok: true, format: 'gif', width: 1 },
    ]);
  });

  test('check looks whether local files are there, and says that the API takes addresses only', async () => {
    await using folder = await newFolder();
    const file = join(folder.path, 'local.csv');
    await writeFile(join(folder.path, 'here.gif'), TINY);
    await writeFile(file, 'SKU,Images\nA,"here.gif,gone.gif"\nB,../outside.gif\nC,.\n');
    const { out, code } = await runMinilab(['check', file, '--json']);
    assert.equal(code, 0);
    const { warnings } = JSON.parse(out) as Preview;
    assert.deepEqual(
      warnings.map(({ line, code }) => [line, code]),
      [
        [4, 'placeholder'],
        [4, 'no_images'],
        [2, 'local_files'],
        [2, 'file_not_found'],
        [3, 'file_not_found'],
      ],
    );
    assert.match(warnings[2]?.detail ?? '', /^3 images are local files.*the API takes URLs only/);
    const said = await runMinilab(['check', file]);
    assert.match(said.out, /There is no file "gone\.gif" in the folder of the CSV/);
  });
});
