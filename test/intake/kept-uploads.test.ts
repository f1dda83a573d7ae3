import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { startHttp } from '../../src/app.ts';
import { publicId, uuidOf } from '../../src/ids.ts';
import { KeptFiles } from '../../src/intake/kept-files.ts';
import { WORKBOOK_TYPE } from '../../src/intake/receive.ts';
import { newServices } from '../support/batches.ts';
import { type Batch, freePort, json } from '../support/minilab.ts';
import { floatingWorkbook } from '../support/picture-workbooks.ts';
import { until } from '../support/until.ts';
import { buildZip } from '../support/zip-builder.ts';

type Upload = { upload_id: string; name: string; bytes: number; sha256: string; expires_at: string };
type Problem = { code: string; detail: string };

const CSV = 'SKU,Product Name,Input Image Urls\n1,Mug,http://127.0.0.1:1/1.jpg\n2,Cup,\n';

const PICTURES = ['a.jpg', 'b.jpg'].map((name) => ({ name, content: Buffer.from(`the picture ${name}`) }));

/** Each is a table of two products with a picture that came with it. */
const KEPT_KINDS: [name: string, type: string, fileKind: string, file: () => Buffer][] = [
  [
    'shop.zip',
    'application/zip',
    'csv',
    () => buildZip([{ name: 'p.csv', content: 'SKU,Image\n1,a.jpg\n2,b.jpg\n' }, ...PICTURES]),
  ],
  [
    'shop.xlsx',
    WORKBOOK_TYPE,
    'xlsx',
    () =>
      floatingWorkbook(
        [
          ['SKU', 'Image'],
          ['1', ''],
          ['2', ''],
        ],
        PICTURES,
        [
          { picture: 0, row: 2, column: 1 },
          { picture: 1, row: 3, column: 1 },
        ],
      ),
  ],
];

describe('kept uploads', () => {
  const stack = new AsyncDisposableStack();
  let services: Awaited<ReturnType<typeof newServices>>;
  let url: string;
  let folder: string;

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    services = stack.use(await newServices({ PORT: String(port), MAX_UPLOAD_BYTES: '100KiB' }));
    folder = join(services.config.dataDir, 'tmp');
    const http = await startHttp(services, () => undefined);
    stack.defer(http.close);
  });

  after(() => stack.disposeAsync());

  const post = (path: string, body: string | Buffer | FormData = '', headers = {}): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      body: body as string,
      headers: { ...(!(body instanceof FormData) && { 'content-type': 'text/csv' }), ...headers },
    });
  const keep = (csv: string | Buffer = CSV): Promise<Upload> => json(post('/v1/uploads?name=mugs.csv', csv));
  const isKept = async (id: string): Promise<boolean> =>
    (await readdir(folder)).includes(`kept-${uuidOf('upl', id)}`);

  function formOf(fields: Record<string, string>, csv?: string): FormData {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    if (csv !== undefined) form.set('file', new Blob([csv]), 'tassen größe.csv');
    return form;
  }

  async function problem(response: Promise<Response>): Promise<[number, string, string]> {
    const answer = await response;
    const { code, detail } = await json<Problem>(answer);
    return [answer.status, code, detail];
  }

  async function forgetAll(): Promise<void> {
    const { rows } = await sql<{ upload_id: string }>`select upload_id from uploads`.execute(
      services.database.db,
    );
    for (const { upload_id } of rows)
      await fetch(`${url}/v1/uploads/${publicId('upl', upload_id)}`, { method: 'DELETE' });
    await sql`delete from uploads`.execute(services.database.db);
  }

  test('a file that is sent as a body, compressed or in a form is kept with its size, hash and name', async () => {
    const sha256 = createHash('sha256').update(CSV).digest('hex');
    const made = await post('/v1/uploads', formOf({}, CSV));
    assert.equal(made.status, 201);
    const ofForm = await json<Upload>(made);
    assert.equal(made.headers.get('location'), `${services.config.publicUrl}/v1/uploads/${ofForm.upload_id}`);
    const ofGzip = await json<Upload>(
      post('/v1/uploads?name=a.csv', gzipSync(CSV), { 'content-encoding': 'gzip' }),
    );
    for (const [upload, name] of [
      [ofForm, 'tassen größe.csv'],
      [ofGzip, 'a.csv'],
      [await keep(), 'mugs.csv'],
    ] as const) {
      assert.deepEqual([upload.name, upload.bytes, upload.sha256], [name, CSV.length, sha256]);
      assert.match(upload.upload_id, /^upl_/);
      const lifeS = (Date.parse(upload.expires_at) - Date.now()) / 1_000;
      assert.ok(lifeS > 3_500 && lifeS < 3_700, upload.expires_at);
      assert.deepEqual(await json(fetch(`${url}/v1/uploads/${upload.upload_id}`)), upload);
    }
    const { items } = await json<{ items: Upload[] }>(fetch(`${url}/v1/uploads`));
    assert.deepEqual(
      items.map(({ name }) => name),
      ['mugs.csv', 'a.csv', 'tassen größe.csv'],
    );
  });

  test('a preview and a batch of a kept upload are those of the file itself, in a query or a form', async () => {
    const { upload_id: upload } = await keep();
    const direct = await json(post('/v1/batches/preview?strict=true', CSV));
    assert.deepEqual(await json(post(`/v1/batches/preview?strict=true&upload=${upload}`)), direct);
    const bare = await fetch(`${url}/v1/batches/preview?strict=true&upload=${upload}`, { method: 'POST' });
    assert.deepEqual(await json(bare), direct);
    assert.deepEqual(await json(post('/v1/batches/preview', formOf({ upload, strict: 'true' }))), direct);
    const batch = await post('/v1/batches', formOf({ upload }));
    assert.equal(batch.status, 202);
    const { products, counts, name } = await json<Batch & { name: string }>(batch);
    assert.deepEqual([products, counts.total, name], [2, 1, 'mugs.csv']);
    assert.equal((await post(`/v1/batches?upload=${upload}&name=again`)).status, 202);
    const [status, code] = await problem(post('/v1/batches', formOf({ upload, strict: 'true' })));
    assert.deepEqual([status, code], [422, 'csv_invalid']);
  });

  for (const [what, type, fileKind, file] of KEPT_KINDS)
    test(`${what} is kept whole: its previews and batches are those of the file itself, pictures included`, async () => {
      const headers = { 'content-type': type };
      const made = await post(`/v1/uploads?name=${what}`, file(), headers);
      assert.equal(made.status, 201);
      const { upload_id: upload, bytes, sha256 } = await json<Upload>(made);
      assert.deepEqual([bytes, sha256], [file().length, createHash('sha256').update(file()).digest('hex')]);

      const direct = await json<{ ok: boolean; file_kind: string }>(
        post('/v1/batches/preview', file(), headers),
      );
      assert.deepEqual([direct.ok, direct.file_kind], [true, fileKind]);
      assert.deepEqual(await json(post(`/v1/batches/preview?upload=${upload}`)), direct);

      for (const _ of ['once', 'and again']) {
        const accepted = await post('/v1/batches', formOf({ upload }));
        assert.equal(accepted.status, 202);
        const { products, counts, name, links } = await json<Batch & { name: string }>(accepted);
        assert.deepEqual([products, counts.total, name], [2, 2, what]);
        const { items } = await json<{ items: { file: string | null }[] }>(fetch(links.images));
        assert.deepEqual(
          items.map(({ file: own }) => own?.replace(/^.*\//, '')),
          ['a.jpg', 'b.jpg'],
        );
      }
      const errors = await fetch(`${url}/v1/uploads/${upload}/errors.csv`);
      assert.deepEqual(
        [errors.status, (await errors.text()).replace(/^\ufeff/, '').trim()],
        [200, 'SKU,Image'],
      );
    });

  test('an idempotency key knows the file, whichever way it was sent, also after the upload is gone', async () => {
    const { upload_id: upload } = await keep();
    const key = { 'idempotency-key': 'autumn' };
    const first = await json<Batch>(post(`/v1/batches?upload=${upload}&force=true`, '', key));
    const again = await post('/v1/batches?force=true', CSV, key);
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    assert.equal((await json<Batch>(again)).id, first.id);
    await sql`update uploads set expires_at = now() - interval '1 minute'`.execute(services.database.db);
    const late = await post('/v1/batches', formOf({ upload, force: 'true' }), key);
    assert.equal((await json<Batch>(late)).id, first.id);
    const other = await post(`/v1/batches?upload=${upload}&strict=true`, '', key);
    assert.equal(other.headers.get('idempotency-replayed'), null, 'a refusal is no earlier response');
    assert.equal(other.status, 422);
    assert.equal((await json<Problem>(other)).code, 'idempotency_key_reused');
  });

  test('a file together with an upload is refused', async () => {
    const { upload_id: upload } = await keep();
    for (const path of ['/v1/batches', '/v1/batches/preview']) {
      for (const response of [post(path, formOf({ upload }, CSV)), post(`${path}?upload=${upload}`, CSV)]) {
        const [status, , detail] = await problem(response);
        assert.equal(status, 400);
        assert.match(detail, /a file and the option upload/);
      }
      const other = post(`${path}?upload=${upload}`, CSV, { 'content-encoding': 'br' });
      const [status, , detail] = await problem(other);
      assert.equal(status, 400);
      assert.match(detail, /not valid br/);
    }
  });

  test('an upload that has expired says so; one that was deleted, is unknown, or is of another tenant is not found', async () => {
    const { upload_id: gone } = await keep();
    assert.equal((await fetch(`${url}/v1/uploads/${gone}`, { method: 'DELETE' })).status, 204);
    assert.equal(await isKept(gone), false);

    const files = new KeptFiles({ db: services.database.db, folder, maxUploadBytes: 1000 });
    const place = await files.reserve(2, 0);
    async function* chunks() {
      yield Buffer.from(CSV);
    }
    const written = await files.write(place, chunks());
    await files.keep(place, { ...written, name: 'theirs.csv' });
    const theirs = publicId('upl', place.uploadId);

    const answers: string[] = [];
    for (const id of [gone, theirs, 'upl_00000000000000000000000000']) {
      for (const response of [
        fetch(`${url}/v1/uploads/${id}`),
        fetch(`${url}/v1/uploads/${id}/errors.csv`),
        fetch(`${url}/v1/uploads/${id}`, { method: 'DELETE' }),
        post(`/v1/batches?upload=${id}`),
        post('/v1/batches/preview', formOf({ upload: id })),
      ]) {
        const answer = await response;
        assert.equal(answer.status, 404);
        answers.push((await answer.text()).replaceAll(id, 'ID'));
      }
    }
    assert.equal(new Set(answers).size, 1);
    assert.ok(await isKept(theirs), 'the file of another tenant stays');
    assert.equal((await files.find(place)).name, 'theirs.csv');

    const { upload_id: old } = await keep();
    await sql`update uploads set expires_at = now() - interval '1 minute' where upload_id = ${uuidOf('upl', old)}`.execute(
      services.database.db,
    );
    for (const response of [
      fetch(`${url}/v1/uploads/${old}`),
      fetch(`${url}/v1/uploads/${old}/errors.csv`),
      post(`/v1/batches?upload=${old}`),
    ]) {
      const [status, code, detail] = await problem(response);
      assert.deepEqual([status, code], [410, 'upload_expired']);
      assert.match(detail, /It expired at .*Z\. Send the file again\./);
    }
  });

  test('a tenant keeps 20 uploads, with the bytes of five of the largest, and is told when there is room', async () => {
    await forgetAll();
    const large = 'x'.repeat(90 * 1024);
    for (let i = 0; i < 5; i += 1) assert.equal((await post('/v1/uploads', large)).status, 201);
    // 50 KiB of 500 are free. The second one does not announce its size: it is refused while it arrives.
    for (const body of [large, gzipSync(large)]) {
      const headers = typeof body === 'string' ? {} : { 'content-encoding': 'gzip' };
      const over = await post('/v1/uploads', body, headers);
      assert.equal(over.status, 429);
      const retryAfterS = Number(over.headers.get('retry-after'));
      assert.ok(retryAfterS > 3_000 && retryAfterS <= 3_600, String(retryAfterS));
      const { code, detail } = await json<Problem>(over);
      assert.equal(code, 'quota_exceeded');
      assert.match(detail, /5 uploads of 460800 bytes are kept, of at most 20 with 512000 bytes/);
    }
    assert.equal((await readdir(folder)).filter((name) => name.startsWith('kept-')).length, 6);
    await forgetAll();
    await Promise.all(Array.from({ length: 30 }, () => post('/v1/uploads', CSV)));
    const { rows } = await sql<{ kept: number }>`
      select count(*) as kept from uploads where tenant_id = 1`.execute(services.database.db);
    assert.equal(rows[0]?.kept, 20);
    assert.match((await problem(post('/v1/uploads', CSV)))[2], /^20 uploads of/);
    await forgetAll();
  });

  test('uploads that arrive at once without saying how long they are count while they arrive', async () => {
    await forgetAll();
    let refused = 0;
    const sent = Array.from({ length: 20 }, () => {
      const headers = { 'content-type': 'text/csv', 'transfer-encoding': 'chunked' };
      const upload = httpRequest(`${url}/v1/uploads`, { method: 'POST', headers });
      upload
        .on('response', ({ statusCode }) => (refused += statusCode === 429 ? 1 : 0))
        .on('error', () => {});
      upload.write('x'.repeat(90 * 1024)); // and no end
      return upload;
    });
    // 500 KiB are five and a half of them; each has at most a 16th of 100 KiB that is not counted yet.
    await until(() => refused >= 20 - 7, 10_000, 'the refusal of most');
    for (const upload of sent) upload.destroy();
    await until(async () => {
      const { rows } = await sql`select from uploads where tenant_id = 1`.execute(services.database.db);
      return rows.length === 0;
    });
  });

  test('an upload that is too large or breaks off leaves nothing', async () => {
    const [status, code] = await problem(
      post('/v1/uploads', gzipSync('x'.repeat(200_000)), { 'content-encoding': 'gzip' }),
    );
    assert.deepEqual([status, code], [413, 'payload_too_large']);
    const isEmpty = async (): Promise<boolean> => {
      const { rows } = await sql`select from uploads where tenant_id = 1`.execute(services.database.db);
      return rows.length === 0;
    };
    assert.ok(await isEmpty());
    const before = new Set(await readdir(folder));
    const cut = httpRequest(`${url}/v1/uploads`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'content-length': 50_000 },
    });
    cut.on('error', () => {});
    cut.write('SKU,Image\n');
    await until(async () => (await readdir(folder)).some((name) => !before.has(name)));
    cut.destroy();
    await until(async () => (await isEmpty()) && (await readdir(folder)).every((name) => before.has(name)));
  });
});
