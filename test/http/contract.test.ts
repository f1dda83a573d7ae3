import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startHttp } from '../../src/app.ts';
import type { ApiDocument, Operation } from '../../contract/document.ts';
import { newServices } from '../support/batches.ts';
import { checkerOf } from '../support/check-answers.ts';
import { raw } from '../support/http.ts';
import { type Batch, freePort, json } from '../support/minilab.ts';
import { pathIn } from '../support/storage.ts';

type Call = { query?: string; id?: string; body?: string | FormData; headers?: Record<string, string> };

const CSV = 'SKU,Product Name,Input Image Urls\n1,A,http://127.0.0.1:1/1.jpg\n';
const NOBODY = 'bat_00000000000000000000000000';

function getWith(path: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${lines.join('')}content-length: 1\r\n\r\nx`;
}

describe('the document of the API says what is answered', () => {
  const stack = new AsyncDisposableStack();
  let url: string;
  let port: number;
  let document: ApiDocument;
  let paths: ApiDocument['paths'];
  let flawOf: ReturnType<typeof checkerOf>;
  const seen = new Set<string>();
  let fileKey: string;

  before(async () => {
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const services = stack.use(await newServices({ PORT: String(port) }));
    const http = await startHttp(services, () => undefined);
    stack.defer(http.close);
    document = await json<ApiDocument>(fetch(`${url}/openapi.json`));
    ({ paths } = document);
    flawOf = checkerOf(document);
    fileKey = `${'a'.repeat(32)}/${'b'.repeat(16)}/web.jpg`;
    const path = pathIn(services.config, fileKey);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'a picture');
  });

  after(() => stack.disposeAsync());

  /** Calls an operation, and compares its answer with what the document says of it. */
  async function call(operation: string, { query = '', id = NOBODY, body, headers = {} }: Call = {}) {
    const [method = '', template = ''] = operation.split(' ');
    const path = template.replace(/\{[^}]+\}/, template.startsWith('/files') ? id : encodeURIComponent(id));
    const response = await fetch(`${url}${path}${query}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    await compare(operation, response);
    return response;
  }

  async function compare(operation: string, answered: Response): Promise<void> {
    const [method = '', route = ''] = operation.split(' ');
    const { status, headers } = answered;
    seen.add(`${operation} ${status}`);
    const text = await answered.clone().text();
    const type = text === '' ? '' : ((headers.get('content-type') ?? '').split(';')[0] ?? '');
    const body = /[/+]json$/.test(type) ? { body: JSON.parse(text) as unknown } : {};
    const one = { is: 'answer' as const, method, route, url: operation, status, type, ...body };
    assert.equal(flawOf(one), undefined, text);
  }

  function operations(): [string, Operation][] {
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  }

  const isOfFiles = (operation: string): boolean => operation.includes('/files/');

  test('of every operation: an unknown query parameter is refused by its name', async () => {
    for (const [operation] of operations()) {
      const response = await call(operation, { query: '?bogus=1' });
      if (isOfFiles(operation)) assert.equal(response.status, 404);
      else {
        assert.equal(response.status, 400, operation);
        assert.match((await json<{ detail: string }>(response)).detail, /query parameter "bogus"/);
      }
    }
    const near = await json<{ detail: string }>(call('GET /v1/batches', { query: '?limt=5&stat=failed' }));
    assert.match(near.detail, /"limt"; did you mean "limit"\?.*"stat"; did you mean "state"\?/);
  });

  test('an unknown field of a form is refused with the option that was meant', async () => {
    for (const operation of ['POST /v1/batches', 'POST /v1/batches/preview']) {
      const body = new FormData();
      body.set('presett', 'web');
      body.set('file', new Blob([CSV]), 'a.csv');
      const response = await call(operation, { body });
      assert.equal(response.status, 400);
      assert.match((await json<{ detail: string }>(response)).detail, /presett \(did you mean preset\?\)/);
    }
  });

  test('of every operation: what is not there, too long, of another site, of another type, no JSON', async () => {
    const odd: Call[] = [
      {},
      { id: 'x' },
      { id: 'x'.repeat(300) },
      { headers: { origin: 'http://evil.example' } },
      { headers: { 'content-type': 'text/xml' }, body: '<a/>' },
      { headers: { 'content-type': 'application/json' }, body: '{' },
      { headers: { 'content-type': 'application/json' }, body: '[]' },
      { headers: { 'content-type': 'application/json' }, body: `"${'x'.repeat(1_200_000)}"` },
      { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: 'nothing' },
    ];
    for (const [operation] of operations())
      for (const one of odd) {
        if (operation.startsWith('GET') && one.body !== undefined) continue;
        const response = await call(operation, one);
        assert.ok(response.status < 500, `${operation} ${JSON.stringify(one).slice(0, 80)}`);
        if (response.status >= 400)
          assert.equal(response.headers.get('content-type'), 'application/problem+json', operation);
      }
  });

  test('of every list: a page that is none', async () => {
    for (const [operation, { parameters = [] }] of operations())
      for (const query of ['?limit=0', '?limit=many', '?limit=1&limit=2', '?cursor=%00', '?wait=100'])
        if (parameters.some(({ name }) => query.startsWith(`?${name}=`)))
          assert.ok([400, 404].includes((await call(operation, { query })).status), `${operation}${query}`);
  });

  test('the life of a batch', async () => {
    const post = 'POST /v1/batches';
    const headers = { 'content-type': 'text/csv', 'idempotency-key': 'k' };
    assert.equal((await call(post, { headers, body: 'no csv' })).status, 422);
    const batch = await json<Batch>(call(post, { headers, body: CSV }));
    assert.equal((await call(post, { headers, body: `${CSV}\n2,B,\n` })).status, 422);
    assert.equal((await call('POST /v1/batches/preview', { headers, body: CSV })).status, 200);
    const of = async (operation: string, query = '', more = {}): Promise<number> =>
      (await call(operation.replace(' ', ' /v1/batches/{id}'), { id: batch.id, query, headers: more }))
        .status;
    assert.equal(await of('GET '), 200);
    assert.equal(await of('GET ', '', { 'if-none-match': '*' }), 304);
    assert.equal(await of('GET /images'), 200);
    const files = [
      'output.csv',
      'output.ndjson',
      'output.xlsx',
      'failed.csv',
      'manifest.ndjson',
      'images.zip',
    ];
    for (const file of files) assert.equal(await of(`GET /${file}`), 200);
    assert.equal(await of('GET /output.csv', '?on_failed=blank'), 400);
    assert.equal(await of('DELETE '), 409);
    assert.equal(await of('POST /retry'), 409);
    assert.equal(await of('POST /cancel'), 200);
    const since = Date.now();
    assert.equal(await of('GET ', '?wait=60'), 200);
    assert.equal(await of('GET ', '?wait=60', { 'if-none-match': '*' }), 304);
    assert.ok(Date.now() - since < 30_000, 'a batch that has ended is told at once');
    assert.equal(await of('DELETE '), 204);
  });

  test('the life of a kept upload', async () => {
    const headers = { 'content-type': 'text/csv' };
    const post = 'POST /v1/uploads';
    const { upload_id: id } = await json<{ upload_id: string }>(
      call(post, { headers, body: CSV, query: '?name=a.csv' }),
    );
    assert.equal((await call('GET /v1/uploads/{id}', { id })).status, 200);
    const ofUpload = { query: `?upload=${id}` };
    assert.equal((await call('POST /v1/batches/preview', ofUpload)).status, 200);
    const part = { headers, body: CSV.slice(0, -5), query: '?partial=true' };
    assert.equal((await call('POST /v1/batches/preview', part)).status, 200);
    assert.equal((await call('POST /v1/batches', ofUpload)).status, 202);
    const errors = 'GET /v1/uploads/{id}/errors.csv';
    assert.equal((await call(errors, { id })).status, 200);
    assert.equal((await call(errors, { id, query: '?preset=none' })).status, 400);
    const form = { 'content-type': 'multipart/form-data; boundary=x', 'content-encoding': 'gzip' };
    const { status } = await raw(port, getWith(`/v1/uploads/${id}/errors.csv`, form));
    assert.equal(status, 200, 'the body of a GET is nothing to us');
    assert.equal((await call(errors, { id, query: '?columns={"images":"none"}' })).status, 422);
    assert.equal((await call('DELETE /v1/uploads/{id}', { id })).status, 204);
    for (const operation of ['POST /v1/batches', 'POST /v1/batches/preview'])
      assert.equal((await call(operation, ofUpload)).status, 404);
    const list = await json<{ items: { upload_id: string }[] }>(call('GET /v1/uploads'));
    for (const { upload_id: other } of list.items)
      // JSON and XML, which other tests send, are uploads too
      assert.equal((await call('DELETE /v1/uploads/{id}', { id: other })).status, 204);
    for (let kept = 0; kept < 20; kept += 1)
      assert.equal((await call(post, { headers, body: CSV })).status, 201);
    const over = await call(post, { headers, body: CSV });
    assert.equal(over.status, 429);
    assert.ok(Number(over.headers.get('retry-after')) > 0);
  });

  test('presets and hosts, whose JSON is taken at its word', async () => {
    const json = { 'content-type': 'application/json' };
    const put = async (operation: string, id: string, body: unknown): Promise<number> =>
      (await call(operation, { id, headers: json, body: JSON.stringify(body) })).status;
    const host = 'PUT /v1/hosts/{host}';
    for (const body of [
      { headers: false },
      { headers: 0 },
      { headers: '' },
      { headers: { a: 5 } },
      { headers: [] },
    ])
      assert.equal(await put(host, 'shop.example', body), 400, JSON.stringify(body));
    for (const body of [{ ceiling: '5' }, { ceiling: true }, { held_until: 0 }, { held_until: false }, null])
      assert.equal(await put(host, 'shop.example', body), 400, JSON.stringify(body));
    assert.equal(await put(host, 'shop.example', { ceiling: 5, held_until: null }), 200);
    assert.equal((await call('GET /v1/hosts/{host}', { id: 'shop.example' })).status, 200);
    const preset = 'PUT /v1/presets/{name}';
    const rendition = { name: 'web', width: 100 };
    assert.equal(await put(preset, 'mine', { renditions: [{ ...rendition, width: '100' }] }), 422);
    assert.equal(await put(preset, 'mine', { renditions: [rendition] }), 200);
    assert.equal(await put(preset, 'web', { renditions: [rendition] }), 409);
    assert.equal((await call('DELETE /v1/presets/{name}', { id: 'mine' })).status, 204);
    assert.equal((await call('DELETE /v1/presets/{name}', { id: 'web' })).status, 409);
  });

  test('a stored file: whole, in part, unchanged, of another tag, beyond its end', async () => {
    const operation = [...operations()].find(([name]) => isOfFiles(name))?.[0] ?? '';
    const get = (headers: Record<string, string>): Promise<Response> =>
      call(operation, { id: fileKey, headers });
    const whole = await get({});
    assert.equal(whole.status, 200);
    const etag = whole.headers.get('etag') ?? '';
    assert.equal((await get({ range: 'bytes=2-4' })).status, 206);
    assert.equal((await get({ 'if-none-match': etag, 'cache-control': 'max-age=9' })).status, 304);
    assert.equal((await get({ 'if-match': '"other"' })).status, 412);
    const beyond = await get({ range: 'bytes=100-200' });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get('content-range'), 'bytes */9');
    assert.equal((await call(operation, { id: fileKey, query: '?v=3' })).status, 200);
    assert.equal((await call(operation, { id: fileKey.replace('web', 'none') })).status, 404);
  });

  test('HEAD is answered like GET, without a body', async () => {
    const upload = fetch(`${url}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: CSV,
    });
    const { id } = await json<Batch>(upload);
    for (const [operation] of operations()) {
      if (!operation.startsWith('GET') || operation.includes('/v1/images/')) continue;
      const path = operation
        .slice(4)
        .replace(/\{[^}]+\}/, isOfFiles(operation) ? fileKey : operation.includes('batches') ? id : 'web');
      const query = /products/.test(path)
        ? '?sku=1'
        : path.endsWith('/images') && !path.includes(id)
          ? '?url=x'
          : '';
      const [get, head] = [
        await fetch(url + path + query),
        await fetch(url + path + query, { method: 'HEAD' }),
      ];
      assert.equal(head.status, get.status, operation);
      for (const name of ['content-type', 'content-disposition', 'cache-control', 'etag'])
        assert.equal(head.headers.get(name), get.headers.get(name), `${name} of ${operation}`);
      const length = head.headers.get('content-length');
      if (length !== null) assert.equal(Number(length), (await get.arrayBuffer()).byteLength, operation);
    }
  });

  test('every path tells the methods that it takes', async () => {
    for (const path of Object.keys(paths)) {
      const { status, head } = await raw(
        port,
        `TRACE ${path.replace(/\{[^}]+\}/, 'x')} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      );
      assert.equal(status, 405, path);
      for (const method of Object.keys(paths[path] ?? {}))
        assert.match(head, new RegExp(`^allow: .*\\b${method.toUpperCase()}\\b`, 'im'), path);
    }
  });

  test('no operation was left out', () => {
    const called = new Set([...seen].map((one) => one.replace(/ \d+$/, '')));
    assert.deepEqual(
      operations()
        .map(([name]) => name)
        .filter((name) => !called.has(name)),
      [],
    );
  });
});
