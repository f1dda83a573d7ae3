import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { newApiKey } from '../../src/access/api-key.ts';
import { sign } from '../../src/webhooks/signing.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import {
  type Batch,
  json,
  type Running,
  runMinilab,
  startMinilab,
  untilEnded,
  upload,
} from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { newPostgres, type Postgres } from '../support/postgres.ts';
import { smallPicture } from '../support/pictures.ts';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const CSV = 'Image\nhttp://127.0.0.1:9/1.jpg\n';

let postgres: Postgres;
let folder: Folder;
let settings: Record<string, string>;
let api: Running;
let batch: Batch;
let imageId: string;
before(async () => {
  postgres = await newPostgres();
  folder = await newFolder();
  settings = {
    DATA_DIR: folder.path,
    DATABASE_URL: await postgres.newDatabase(),
    INBOX_SECRETS: `shop=${SECRET}`,
    SECRETS_KEY: Buffer.alloc(32, 1).toString('base64'),
  };
  api = await startMinilab('serve --no-worker', settings);
  batch = await json<Batch>(upload(api.url, CSV));
  const { items } = await json<{ items: { id: string }[] }>(fetch(batch.links.images));
  imageId = items[0]?.id ?? '';
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Operation = { method: string; path: string };

/** Every operation that the API documents. */
async function operations(): Promise<Operation[]> {
  const { paths } = await json<{ paths: Record<string, Record<string, unknown>> }>(
    fetch(`${api.url}/openapi.json`),
  );
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

const BODIES: Record<string, object> = {
  'PUT /v1/presets/{name}': { renditions: [{ name: 'full', width: 100 }] },
  'PUT /v1/channels/{name}': {
    title: 'Mine',
    rules: [{ rule: 'min_sides', of: 'both_sides', at_least: 500 }],
  },
  'PUT /v1/hosts/{host}': { ceiling: 3 },
  'PUT /v1/pictures/{sha256}': { kind: 'placeholder' },
  'POST /v1/session': { key: newApiKey() },
  'POST /v1/webhooks': { url: 'https://shop.example/hook' },
  'PATCH /v1/webhooks/{id}': { description: 'mine' },
};

/** An id of the kind that the operation takes. */
function idFor(path: string): string {
  const other = batch.id.slice('bat_'.length);
  if (path.startsWith('/v1/images')) return imageId;
  if (path.startsWith('/v1/uploads')) return `upl_${other}`;
  if (path.startsWith('/v1/deliveries')) return `dlv_${other}`;
  if (path.startsWith('/v1/webhooks')) return `whe_${other}`;
  return path.startsWith('/v1/keys') ? `key_${other}` : batch.id;
}

/** Calls an operation as somebody would who means it. */
async function call({ method, path }: Operation): Promise<Response> {
  const url = `${api.url}${path
    .replace('{id}', idFor(path))
    .replace('{name}', 'mine')
    .replace('{host}', 'example.com')
    .replace('{source}', 'shop')
    .replace('{sha256}', 'a'.repeat(64))
    .replace('{key}', `${'0'.repeat(32)}/${'0'.repeat(16)}/full.jpg`)}`;
  if (method === 'GET') return fetch(`${url}?${query(path)}`);
  if (path.startsWith('/v1/webhooks/inbox/')) {
    const headers = sign(SECRET, { id: `m${Math.random()}`, at: Date.now(), body: '{}' });
    return fetch(url, { method, body: '{}', headers: { ...headers, 'content-type': 'application/json' } });
  }
  if (path === '/v1/batches' || path === '/v1/batches/preview')
    return fetch(url, {
      method,
      body: CSV,
      headers: { 'content-type': 'text/csv', 'idempotency-key': `k${Math.random()}` },
    });
  const preview = { rendition: { name: 'full', width: 100 }, picture: imageId };
  const body = path === '/v1/presets/preview' ? preview : BODIES[`${method} ${path}`];
  const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const since = path.endsWith('/replay') ? '?since=2026-01-01T00:00:00Z' : '';
  return fetch(`${url}${since}`, { method, ...json });
}

function query(path: string): string {
  if (path === '/v1/products') return 'sku=1';
  if (path === '/v1/images') return 'url=http://127.0.0.1:9/1.jpg';
  if (path.endsWith('/find')) return 'q=mug';
  if (/\/check(\.csv|\.ndjson)?$/.test(path)) return 'channel=google';
  return '';
}

/** What each operation answers, and that each 503 says when to come again. */
async function answers(): Promise<Map<string, { status: number; code: string | undefined }>> {
  const found = new Map<string, { status: number; code: string | undefined }>();
  for (const operation of await operations()) {
    const response = await call(operation);
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (isStream) await response.body?.cancel(); // it lasts as long as the batch
    const text = isStream ? '' : await response.text();
    const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined;
    const name = `${operation.method} ${operation.path}`;
    found.set(name, { status: response.status, code });
    if (response.status === 503 && isProblem) {
      assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/, name);
      assert.equal(response.headers.get('content-disposition'), null, name);
    }
    assert.notEqual(response.status, 500, `${name}: ${text}`);
  }
  return found;
}

/** What asks no database, or is refused before it does. */
const WITHOUT_DATABASE = new Set([
  ...['GET /healthz', 'GET /livez', 'GET /files/{key}'],
  'POST /v1/keys', // without a body it is refused, and with one it would close the server
  'DELETE /v1/session', // there is none to end
  'POST /v1/session', // a server without keys, as it knows, has no sessions
  'GET /v1/example.csv', // it lends none
]);

test('while the database is stopped every operation answers 503 and when to come again, and all is well when it is back', async () => {
  await postgres.stopAtOnce();
  const found = await answers().finally(() => postgres.start());
  assert.ok(found.size > 20, `${found.size} operations`);
  const others = [...found].filter(
    ([name, { status, code }]) =>
      !WITHOUT_DATABASE.has(name) &&
      name !== 'GET /readyz' &&
      !(status === 503 && code === 'database_unavailable'),
  );
  assert.deepEqual(others, []);
  assert.equal(found.get('GET /healthz')?.status, 200);
  assert.equal(found.get('GET /readyz')?.status, 503);
  assert.equal((await fetch(`${api.url}/v1/batches/${batch.id}`)).status, 200);
  assert.doesNotMatch(api.said(), /"level":50/);
});

test('a download whose database goes away breaks off, and does not look as if it were whole', async () => {
  const many = await json<Batch>(upload(api.url, `Image\n${'http://127.0.0.1:9/1.jpg\n'.repeat(100_000)}`));
  for (const path of ['output.csv', 'manifest.ndjson']) {
    const response = await fetch(`${api.url}/v1/batches/${many.id}/${path}`);
    assert.equal(response.status, 200);
    const reader = response.body?.getReader();
    await reader?.read();
    await postgres.stopAtOnce();
    const rest = (async () => {
      while (!(await reader?.read())?.done);
    })();
    await assert.rejects(
      rest.finally(() => postgres.start()),
      /terminated/,
      path,
    );
  }
});

test('a database that is read-only answers questions, and 503 to what would change it', async () => {
  const url = new URL(settings['DATABASE_URL'] ?? '');
  const name = url.pathname.slice(1);
  async function setReadOnly(value: string): Promise<void> {
    const client = new Client(url.href);
    await client.connect();
    await client.query('set default_transaction_read_only = off');
    await client.query(`alter database ${name} set default_transaction_read_only = ${value}`);
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()`,
      [name],
    );
    await client.end();
  }
  await setReadOnly('on');
  const found = await answers();
  assert.equal(found.get('GET /v1/batches/{id}')?.status, 200);
  assert.equal(found.get('GET /v1/batches/{id}/output.csv')?.status, 200);
  for (const write of ['POST /v1/batches', 'PUT /v1/presets/{name}', 'POST /v1/webhooks/inbox/{source}'])
    assert.deepEqual(found.get(write), { status: 503, code: 'database_unavailable' }, write);
  await setReadOnly('off');
  for (let tries = 0; (await upload(api.url, CSV)).status !== 202; tries += 1) assert.ok(tries < 20);
});

test('an upload that finds no folder for its rows is answered 503, and accepted when there is one', async () => {
  const spool = join(folder.path, 'tmp');
  await rm(spool, { recursive: true });
  await writeFile(spool, 'in the way');
  const found = await answers();
  assert.deepEqual(found.get('POST /v1/batches'), { status: 503, code: 'storage_unavailable' });
  await rm(spool);
  await mkdir(spool);
  assert.equal((await upload(api.url, CSV)).status, 202);
});

test('a full spool is answered 503 and nothing of the upload stays, and there is room for a smaller one', async (t) => {
  const spool = join(folder.path, 'tmp');
  const unmount = mountSmall(spool, '256k');
  if (typeof unmount === 'string') return t.skip(unmount);
  try {
    const rows = `Image\n${Array.from({ length: 20_000 }, (_, i) => `http://127.0.0.1:9/${i}.jpg\n`).join('')}`;
    const response = await upload(api.url, rows);
    assert.equal(response.status, 503);
    const problem = await json<{ code: string; detail: string }>(response);
    assert.equal(problem.code, 'storage_unavailable');
    assert.match(problem.detail, /the disk is full/);
    assert.equal((await upload(api.url, CSV)).status, 202);
  } finally {
    unmount();
  }
});

test('a full disk at the start: the status can be read, /readyz says why, and work begins when there is room', async (t) => {
  await using place = await newFolder();
  const files = join(place.path, 'files');
  await mkdir(files);
  const unmount = mountSmall(files, '64k');
  if (typeof unmount === 'string') return t.skip(unmount);
  try {
    await writeFile(join(files, 'filler'), Buffer.alloc(64 * 1024)).catch(() => {});
    const picture = await smallPicture(1);
    await using origin = await startOrigin(() => picture);
    await using minilab = await startMinilab('serve', { ...settings, DATA_DIR: place.path });
    const accepted = await json<Batch>(upload(minilab.url, `Image\n${origin.url}/1.jpg\n`));
    const ready = await fetch(`${minilab.url}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /the disk is full/);
    assert.equal((await json<Batch>(fetch(accepted.links.self))).state, 'pending');
    await rm(join(files, 'filler'));
    assert.equal((await untilEnded(accepted.links.self)).state, 'completed');
    assert.equal((await fetch(`${minilab.url}/readyz`)).status, 200);
  } finally {
    unmount();
  }
});

test('a port in use is told before a worker begins', async () => {
  await using place = await newFolder();
  await using other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, err } = await runMinilab(['serve'], {
    settings: { ...settings, DATA_DIR: place.path, PORT: String(port), LOG_LEVEL: 'info' },
  });
  assert.equal(code, 1);
  assert.match(err, new RegExp(`Port ${port} .* PORT=`));
  assert.doesNotMatch(err, /worker started/);
});

test('a client that breaks off in the middle of an upload or a download is no error in the log', async () => {
  const { hostname, port } = new URL(api.url);
  const heads = [
    `POST /v1/batches HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\nImage\n`,
    `POST /v1/batches HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 1000\r\n\r\n` +
      `--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nImage\n`,
    `PUT /v1/presets/mine HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    `GET /v1/batches/${batch.id}/images.zip HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`,
  ];
  const saidBefore = api.said().length;
  for (const [i, head] of heads.entries()) {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(head);
    await sleep(200); // it must be in the middle of it, and tells nobody
    if (i % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  assert.equal((await fetch(`${api.url}/v1/batches/${batch.id}`)).status, 200);
  await sleep(200);
  assert.equal(api.said().slice(saidBefore), '');
});

/** A small file system over a folder. @returns what unmounts it, or why it cannot be had here */
function mountSmall(path: string, size: string): (() => void) | string {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' });
    return () => void execFileSync('umount', ['-l', path]);
  } catch (error) {
    return `a small file system cannot be mounted here: ${(error as Error).message.split('\n')[1] ?? ''}`;
  }
}
