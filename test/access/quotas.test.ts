import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type TenantsApi, csvOf, send, startApi } from '../support/tenants-api.ts';
import { acceptUrls, claim, failed, record } from '../support/batches.ts';
import { type Batch, json } from '../support/minilab.ts';

type Refusal = {
  code: string;
  detail: string;
  quota: { name: string; limit: number; used: number; resets_at: string | null };
};
type Usage = {
  limits: Record<string, number | null>;
  used: { batches_at_once: number; images_per_day: number; stored_bytes: number };
  resets_at: string;
  days: { day: string; batches: number; images: number; upload_bytes: number }[];
};

const NO_LIMITS = { batchesAtOnce: null, imagesPerDay: null, storedBytes: null };

describe('quotas of a tenant', () => {
  let api: TenantsApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api[Symbol.asyncDispose]());

  async function newTenant(name: string): Promise<{ tenantId: number; key: string }> {
    return api.newKey(name);
  }

  async function usage(key: string): Promise<Usage> {
    return json<Usage>(fetch(`${api.url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } }));
  }

  function post(path: string, key: string): Promise<Response> {
    return fetch(`${api.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
  }

  async function statuses(responses: Promise<Response>[]): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const { status } of await Promise.all(responses)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  test('of many uploads at once, on two servers, exactly as many pass as batches may run at once', async () => {
    const { tenantId, key } = await newTenant('at-once');
    const second = await api.second();
    await api.limit(tenantId, { batchesAtOnce: 3 });
    const uploads = Array.from({ length: 24 }, (_, i) => send(i % 2 ? second : api.url, csvOf(2), { key }));
    assert.deepEqual(await statuses(uploads), { 202: 3, 429: 21 });
    assert.equal((await usage(key)).used.batches_at_once, 3);
    assert.equal((await usage(key)).used.images_per_day, 6);

    const refused = await send(api.url, csvOf(1), { key });
    const { code, detail, quota } = await json<Refusal>(refused);
    assert.equal(code, 'quota_exceeded');
    assert.match(detail, /At most 3 batches .* 3 are running/);
    assert.deepEqual(quota, { name: 'batches_at_once', limit: 3, used: 3, resets_at: null });
    assert.ok(Number(refused.headers.get('retry-after')) > 0);

    const [running] = (
      await json<{ items: Batch[] }>(
        fetch(`${api.url}/v1/batches`, { headers: { authorization: `Bearer ${key}` } }),
      )
    ).items;
    assert.equal((await post(`/v1/batches/${running?.id}/cancel`, key)).status, 200);
    assert.equal((await send(api.url, csvOf(1), { key })).status, 202);
    assert.equal((await send(api.url, csvOf(1), { key })).status, 429);
  });

  test('of many uploads at once, as many images pass as the day has', async () => {
    const { tenantId, key } = await newTenant('a-day');
    await api.limit(tenantId, { imagesPerDay: 25 });
    const uploads = Array.from({ length: 10 }, () => send(api.url, csvOf(5), { key }));
    assert.deepEqual(await statuses(uploads), { 202: 5, 429: 5 });
    const { used, resets_at, days, limits } = await usage(key);
    assert.equal(used.images_per_day, 25);
    assert.equal(limits['images_per_day'], 25);
    assert.match(resets_at, /T00:00:00\.000Z$/);
    assert.deepEqual(
      days.map(({ batches, images, upload_bytes }) => ({ batches, images, upload_bytes })),
      [{ batches: 5, images: 25, upload_bytes: 5 * csvOf(5).length }],
    );

    const refused = await send(api.url, csvOf(1), { key });
    const { quota } = await json<Refusal>(refused);
    assert.deepEqual(quota, { name: 'images_per_day', limit: 25, used: 25, resets_at });
    const waitS = (Date.parse(resets_at) - Date.now()) / 1_000;
    assert.ok(Math.abs(Number(refused.headers.get('retry-after')) - waitS) < 60);
  });

  test('an upload with more images than a whole day has is refused without a time to wait for', async () => {
    const { tenantId, key } = await newTenant('too-large');
    await api.limit(tenantId, { imagesPerDay: 25 });
    const refused = await send(api.url, csvOf(26), { key });
    assert.equal(refused.status, 403);
    const { code, detail } = await json<Refusal>(refused);
    assert.equal(code, 'quota_insufficient');
    assert.match(detail, /25 images a day.*26 or more.*Split the file/);
    assert.equal(refused.headers.get('retry-after'), null);
    assert.equal((await send(api.url, csvOf(25), { key })).status, 202);
  });

  test('a tenant that stores its bytes uploads again when it has deleted some', async () => {
    const { tenantId, key } = await newTenant('bytes');
    await api.limit(tenantId, { storedBytes: 1_000 });
    await sql`insert into stored_bytes values (${tenantId}, 700), (${tenantId}, 400)`.execute(
      api.services.database.db,
    );
    const refused = await send(api.url, csvOf(1), { key });
    assert.equal(refused.status, 403);
    const { code, quota } = await json<Refusal>(refused);
    assert.equal(code, 'quota_insufficient');
    assert.deepEqual(quota, { name: 'stored_bytes', limit: 1_000, used: 1_100, resets_at: null });
    await sql`insert into stored_bytes values (${tenantId}, -101)`.execute(api.services.database.db);
    assert.equal((await send(api.url, csvOf(1), { key })).status, 202);
  });

  test('a repetition with its idempotency key gets its answer, although the quota is used up', async () => {
    const { tenantId, key } = await newTenant('repeated');
    await api.limit(tenantId, { batchesAtOnce: 1 });
    const headers = { 'idempotency-key': 'one' };
    const first = await send(api.url, csvOf(1), { key, headers });
    const again = await send(api.url, csvOf(1), { key, headers });
    assert.deepEqual([first.status, again.status], [202, 202]);
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    const other = { 'idempotency-key': 'two' };
    assert.equal((await send(api.url, csvOf(1), { key, headers: other })).status, 429);
    await api.limit(tenantId, { batchesAtOnce: 2 });
    assert.equal((await send(api.url, csvOf(1), { key, headers: other })).status, 202);
  });

  test('a retry counts as a batch that runs, and not as images of the day', async () => {
    const { services } = api;
    const key = await acceptUrls(services, ['http://127.0.0.1:1/a.jpg']);
    const claimed = await claim(services, 1_000);
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
    const { key: secret } = await api.newKey();
    const list = fetch(`${api.url}/v1/batches?limit=1000`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { items } = await json<{ items: Batch[] }>(list);
    const ended = items.filter(({ state }) => state === 'failed');
    assert.equal(ended.length, 1);
    const before = await usage(secret);
    await api.limit(1, { batchesAtOnce: before.used.batches_at_once, imagesPerDay: 1 });
    const path = `/v1/batches/${ended[0]?.id}/retry`;
    const refused = await post(path, secret);
    assert.equal(refused.status, 429);
    assert.equal((await json<Refusal>(refused)).quota.name, 'batches_at_once');
    await api.limit(1, { batchesAtOnce: before.used.batches_at_once + 1 });
    assert.equal((await post(path, secret)).status, 202);
    assert.equal((await usage(secret)).used.images_per_day, before.used.images_per_day);
    await api.limit(1, NO_LIMITS);
    assert.ok(key.batchId);
  });

  test('a refused upload of 200 MB is answered while it is sent, and a few MB of it were read', async () => {
    const { tenantId, key } = await newTenant('large');
    await api.limit(tenantId, { imagesPerDay: 1_000 });
    const line = 'P,http://127.0.0.1:1/x.jpg\n';
    const block = Buffer.from(line.repeat(2_000));
    let sent = 0;
    async function* csv() {
      yield Buffer.from('Product Name,Input Image Urls\n');
      for (; sent < 200e6; sent += block.length) yield block;
    }
    const request = httpRequest(`${api.url}/v1/batches`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv', 'content-length': 300e6 },
    });
    const sending = pipeline(Readable.from(csv(), { objectMode: false }), request).catch(() => {});
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const sentThen = sent;
    assert.equal(response.statusCode, 403);
    let body = '';
    for await (const chunk of response) body += String(chunk);
    assert.match((JSON.parse(body) as Refusal).detail, /1000 images a day/);
    request.destroy();
    await sending;
    assert.ok(sentThen < 20e6, `${sentThen} bytes were sent`);
    assert.equal((await usage(key)).used.images_per_day, 0);
  });

  test('a client that asks before it sends a body (Expect: 100-continue) sends none in vain', async () => {
    const { tenantId, key } = await newTenant('asks');
    const ask = async (): Promise<string> => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
      const csv = csvOf(1);
      socket.write(
        `POST /v1/batches HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: text/csv\r\n` +
          `content-length: ${csv.length}\r\nexpect: 100-continue\r\n\r\n`,
      );
      let text = '';
      for await (const chunk of socket) {
        text += String(chunk);
        if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(csv);
        if (text.endsWith('}')) break;
      }
      return text;
    };
    assert.match(
      await ask(),
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 (.|\r\n)*connection: keep-alive/i,
    );
    await api.limit(tenantId, { batchesAtOnce: 1 });
    assert.match(await ask(), /^HTTP\/1\.1 429 (.|\r\n)*connection: close/i);
  });
});
