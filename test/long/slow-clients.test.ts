import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { migratedDatabase } from '../support/database.ts';
import { readEvents } from '../support/events.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab } from '../support/minilab.ts';
import { slowClient } from '../support/slow-clients.ts';

const EACH = 200;
const ROUNDS = 5;
const PER_ROUND = 10;
const SOON_MS = 500;
const CSV = `SKU,Product Name,Input Image Urls\n${Array.from({ length: 10 }, (_, i) => `${i},A,http://127.0.0.1:1/${i}.jpg\n`).join('')}`;
const HEAD = 'POST /v1/batches HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\n';

async function startServer(): Promise<Running> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() };
  const server = await startMinilab('serve --no-worker', settings);
  const all = stack.move();
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await all.disposeAsync();
    },
  };
}

async function post(url: string): Promise<Batch> {
  const headers = { 'content-type': 'text/csv' };
  const response = await fetch(`${url}/v1/batches`, { method: 'POST', headers, body: CSV });
  assert.equal(response.status, 202);
  return json<Batch>(response);
}

/** How long a status or an upload of 10 rows takes at worst. */
async function worstOf(url: string): Promise<number> {
  let worst = 0;
  for (let i = 0; i < PER_ROUND; i += 1) {
    const began = performance.now();
    const { id } = await post(url);
    const uploaded = performance.now();
    assert.equal((await fetch(`${url}/v1/batches/${id}`)).status, 200);
    worst = Math.max(worst, uploaded - began, performance.now() - uploaded);
  }
  return worst;
}

/** The median of the worst times of several rounds. */
async function usual(url: string, goesOn: () => boolean): Promise<number> {
  const rounds: number[] = [];
  while (rounds.length < ROUNDS && (rounds.length === 0 || goesOn())) rounds.push(await worstOf(url));
  return rounds.toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN;
}

test(`${EACH} clients with slow headers and ${EACH} with slow bodies delay nobody, and are ended`, async () => {
  await using server = await startServer();
  const port = Number(new URL(server.url).port);
  await worstOf(server.url);
  const idle = await usual(server.url, () => true);
  const begins = Array.from({ length: EACH }, () => [
    `${HEAD}x-slow: `,
    `${HEAD}content-length: 100000\r\n\r\n`,
  ]);
  const clients = await Promise.all(begins.flat().map((begin) => slowClient(port, begin)));
  const beside = await usual(server.url, () => clients.every(({ isOpen }) => isOpen));
  console.log(
    `worst of ${PER_ROUND}: ${Math.round(idle)} ms idle, ${Math.round(beside)} ms beside slow clients`,
  );
  assert.ok(beside <= Math.max(SOON_MS, 3 * idle), `${beside} ms instead of ${idle} ms`);
  for (const { answer } of clients) assert.deepEqual(await answer, { status: 408, code: 'request_timeout' });
});

type Upload = { end(): void; status: Promise<number | undefined> };

/** An upload that has arrived in part. */
async function beginUpload(url: string): Promise<Upload> {
  const headers = { 'content-type': 'text/csv', expect: '100-continue' };
  const sent = request(`${url}/v1/batches`, { method: 'POST', headers, agent: false });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  const status = answered.then(
    ([response]) => response.resume().statusCode,
    () => undefined,
  );
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.write(CSV.slice(0, 60));
  return { end: () => void sent.end(CSV.slice(60)), status };
}

test('a server that is stopped ends its streams, takes the upload that comes to its end, and waits for no other', async () => {
  await using server = await startServer();
  const { id } = await post(server.url);
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => readEvents(`${server.url}/v1/batches/${id}/events`)),
  );
  await Promise.all(streams.map((stream) => stream.until(() => true)));
  const [upload, endless] = [await beginUpload(server.url), await beginUpload(server.url)];
  server.child.kill('SIGTERM');
  await Promise.all(streams.map(({ ended }) => ended));
  for (const { retries } of streams) assert.equal(retries.length, 2, 'each is told when to come back');
  upload.end();
  assert.equal(await upload.status, 202);
  assert.equal(await endless.status, undefined);
  assert.equal(await server.ended, 0);
});
