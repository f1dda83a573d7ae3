import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

type Image = {
  id: string;
  batch_id: string;
  state: string;
  source_url: string;
  error_code: string | null;
  ended_at: string | null;
  renditions: { url: string }[];
};
type Page<T> = { items: T[]; next_cursor: string | null };
type Product = { batch_id: string; batch_name: string; row: number; sku: string; images: Image[] };

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await condition()); await sleep(20))
    assert.ok(Date.now() < end, 'it does not come to pass');
}

describe('the life of a batch', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  let database: string;
  let pictures: Buffer[];
  let isMended = false; // whether the origin has what is asked for at /broken
  before(async () => {
    folder = await newFolder();
    database = await migratedDatabase();
    pictures = await Promise.all(Array.from({ length: 20 }, (_, i) => smallPicture(i)));
    origin = await startOrigin((path) => {
      const [, kind, number = '0'] = /^\/(broken|gone|many|night)\/(\d+)/.exec(path) ?? [];
      if (kind === undefined || kind === 'gone' || (kind === 'broken' && !isMended)) return undefined;
      // What follows the end of a JPEG is read by nobody and makes another hash.
      return Buffer.concat([pictures[Number(number) % 20] ?? Buffer.alloc(0), Buffer.from(number)]);
    });
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: database });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  function catalog(kind: string, count: number): string {
    return `Image\n${Array.from({ length: count }, (_, i) => `${origin.url}/${kind}/${i}\n`).join('')}`;
  }

  async function accept(csv: string, fields: Record<string, string> = {}): Promise<Batch> {
    const response = await upload(minilab.url, csv, fields);
    assert.equal(response.status, 202);
    return json<Batch>(response);
  }

  function post(link: string): Promise<Response> {
    return fetch(link, { method: 'POST' });
  }

  async function refused(response: Promise<Response>, status: number): Promise<string> {
    const answer = await response;
    assert.equal(answer.status, status);
    return (await json<{ detail: string }>(answer)).detail;
  }

  async function imagesOf(batch: Batch, query = ''): Promise<Image[]> {
    return (await json<Page<Image>>(fetch(`${batch.links.images}?limit=1000${query}`))).items;
  }

  async function storedFiles(): Promise<string[]> {
    const root = join(folder.path, 'files');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  test('a batch whose host asks for pauses without an end ends at its deadline, and not before', async () => {
    await using limited = await startOrigin(
      () => (_, response) => response.writeHead(429, { 'retry-after': '7200' }).end(),
    );
    const csv = `Image\n${Array.from({ length: 300 }, (_, i) => `${limited.url}/${i}\n`).join('')}`;
    const { links, deadline_hours } = await accept(csv, { deadline_hours: '1' });
    assert.equal(deadline_hours, 1);
    // What was asked for would be tried again after the deadline, and fails; the rest waits for the host.
    await until(async () => (await json<Batch>(fetch(links.self))).counts.failed > 0);
    const { state, counts } = await json<Batch>(fetch(links.self));
    assert.equal(state, 'processing');
    assert.ok(counts.pending > 100, JSON.stringify(counts));

    const { db } = openDatabase(database);
    await sql`update batches set began_at = now() - interval '1 hour' where ended_at is null`.execute(db);
    await db.destroy();
    const ended = await untilEnded(links.self);
    assert.deepEqual([ended.state, ended.errors_by_code], ['failed', { deadline_exceeded: 300 }]);
  });

  test('thirty nightly batches of one catalogue share their files, which go with the last of them', async () => {
    assert.deepEqual(await storedFiles(), []);
    const nights: Batch[] = [];
    for (let night = 0; night < 30; night += 1) {
      const accepted = await accept(catalog('night', 5), { name: `night ${night}` });
      if (night % 3 === 2) {
        // Deleted while the next one runs on the same files.
        const old = nights.shift();
        assert.equal((await fetch(old?.links.self ?? '', { method: 'DELETE' })).status, 204);
      }
      const ended = await untilEnded(accepted.links.self);
      assert.equal(ended.state, 'completed');
      nights.push(ended);
    }
    const last = nights.pop();
    assert.ok(last);
    const urls = (await imagesOf(last)).flatMap(({ renditions }) => renditions.map(({ url }) => url));
    assert.equal(urls.length, 10);
    for (const night of nights) {
      assert.equal((await fetch(night.links.self, { method: 'DELETE' })).status, 204);
      assert.equal((await fetch(night.links.self)).status, 404);
    }
    const { db } = openDatabase(database);
    await until(
      async () => (await sql`select from purges where state <> 'removed'`.execute(db)).rows.length === 0,
    );
    await db.destroy();
    for (const url of urls) assert.equal((await fetch(url)).status, 200);
    assert.equal((await storedFiles()).length, 10);

    assert.equal((await fetch(last.links.self, { method: 'DELETE' })).status, 204);
    await until(async () => (await storedFiles()).length === 0);
    for (const url of urls) assert.equal((await fetch(url)).status, 404);
  });

  test('what failed is retried when the host is mended, and the batch settles another round', async () => {
    const csv = `Image\n${origin.url}/night/1\n${origin.url}/broken/2\n${origin.url}/broken/2\n${origin.url}/gone/3\n`;
    const { links } = await untilEnded((await accept(csv)).links.self);
    assert.match(await refused(post(links.cancel), 409), /it is completed_with_errors/);
    assert.match(await refused(post(`${links.retry}?code=tls_failed`), 409), /error code tls_failed/);
    const requests = origin.requests.get('/night/1');
    isMended = true;
    const response = await post(links.retry);
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('location'), links.self);
    assert.equal((await json<{ round: number }>(response)).round, 2);
    const ended = await untilEnded(links.self);
    assert.deepEqual([ended.counts.completed, ended.errors_by_code], [3, { not_found: 1 }]);
    assert.equal(origin.requests.get('/night/1'), requests, 'what was completed is not asked for again');
  });

  test('a small batch is done long before a large one that runs, and cancelling that one ends it at once', async () => {
    const large = await accept(catalog('many', 3000));
    await until(async () => (await json<Batch>(fetch(large.links.self))).counts.completed > 100);
    assert.match(await refused(fetch(large.links.self, { method: 'DELETE' }), 409), /still running/);
    assert.match(await refused(post(large.links.retry), 409), /still running/);
    const before = (await json<Batch>(fetch(large.links.self))).counts.completed;
    const small = await untilEnded((await accept(catalog('night', 10))).links.self);
    assert.equal(small.state, 'completed');
    const beside = await json<Batch>(fetch(large.links.self));
    assert.ok(
      beside.counts.completed - before < 300,
      `${beside.counts.completed - before} images went before`,
    );

    const response = await post(large.links.cancel);
    assert.equal(response.status, 200);
    const cancelled = await json<Batch>(response);
    const { total, completed, pending, processing } = cancelled.counts;
    assert.deepEqual([cancelled.state, pending, processing], ['cancelled', 0, 0]);
    assert.equal(completed + cancelled.counts.cancelled, total);
    assert.equal((await imagesOf(large, '&state=pending')).length, 0);
    assert.equal((await imagesOf(large, '&state=processing')).length, 0);
    const images = await imagesOf(large, '&state=cancelled');
    assert.equal(images.length, 1000);
    assert.ok(images.every(({ state, ended_at }) => state === 'cancelled' && ended_at !== null));
    const one = await json<Image>(fetch(`${minilab.url}/v1/images/${images.at(-1)?.id}`));
    assert.equal(one.state, 'cancelled');

    // Other work goes on, and nothing of it comes back.
    await untilEnded((await accept(catalog('night', 10))).links.self);
    assert.deepEqual((await json<Batch>(post(large.links.cancel))).counts, cancelled.counts);
    assert.match(await refused(post(large.links.retry), 409), /cancelled/);
    assert.equal((await fetch(large.links.self, { method: 'DELETE' })).status, 204);
    assert.match(await refused(fetch(large.links.self, { method: 'DELETE' }), 404), /no batch/);
  });

  test('products are found by SKU and images by URL, in all batches, newest first', async () => {
    const url = `${origin.url}/night/7`;
    const ids: string[] = [];
    for (const night of ['first', 'second', 'third']) {
      const csv = `SKU,Name,Image\nTV-1,Other,${origin.url}/night/1\nAB 12,Poster,"${url},${origin.url}/gone/1"\n`;
      ids.unshift((await untilEnded((await accept(csv, { name: night })).links.self)).id);
    }
    const products = `${minilab.url}/v1/products?sku=AB%2012`;
    const first = await json<Page<Product>>(fetch(`${products}&limit=2`));
    const rest = await json<Page<Product>>(fetch(`${products}&limit=2&cursor=${first.next_cursor}`));
    assert.equal(rest.next_cursor, null);
    const found = [...first.items, ...rest.items];
    assert.deepEqual(
      found.map((product) => [product.batch_id, product.batch_name, product.row, product.sku]),
      ids.map((id, i) => [id, ['third', 'second', 'first'][i], 2, 'AB 12']),
    );
    for (const { images } of found)
      assert.deepEqual(
        images.map(({ state, error_code }) => [state, error_code]),
        [
          ['completed', null],
          ['failed', 'not_found'],
        ],
      );

    const images = `${minilab.url}/v1/images?url=${encodeURIComponent(url)}`;
    const page = await json<Page<Image>>(fetch(`${images}&limit=2`));
    const next = await json<Page<Image>>(fetch(`${images}&limit=1&cursor=${page.next_cursor}`));
    assert.deepEqual(
      [...page.items, ...next.items].map((image) => [
        image.batch_id,
        image.source_url,
        image.renditions.length,
      ]),
      ids.map((id) => [id, url, 2]),
    );
    for (const path of ['products', 'products?sku=', 'images', 'images?url=', 'products?sku=x&cursor=x'])
      assert.equal((await fetch(`${minilab.url}/v1/${path}`)).status, 400, path);
    assert.deepEqual((await json<Page<Product>>(fetch(`${minilab.url}/v1/products?sku=ab%2012`))).items, []);
  });

  test('batches are found by state, name and time', async () => {
    const failed = await untilEnded((await accept(catalog('gone', 1), { name: 'to be found' })).links.self);
    const completed = await untilEnded(
      (await accept(catalog('night', 1), { name: 'to be found' })).links.self,
    );
    const find = async (query: Record<string, string>): Promise<string[]> => {
      const list = `${minilab.url}/v1/batches?${new URLSearchParams(query).toString()}`;
      return (await json<Page<Batch>>(fetch(list))).items.map(({ id }) => id);
    };
    assert.deepEqual(await find({ name: 'to be found' }), [completed.id, failed.id]);
    assert.deepEqual(await find({ name: 'to be found', state: 'failed' }), [failed.id]);
    assert.deepEqual(await find({ name: 'to be' }), []);
    assert.deepEqual(await find({ created_after: failed.created_at }), [completed.id]);
    for (const query of ['state=done', 'created_after=yesterday', 'created_after=2026-12-31T23:59:60Z'])
      assert.equal((await fetch(`${minilab.url}/v1/batches?${query}`)).status, 400, query);
  });
});
