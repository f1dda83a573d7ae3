/** `/files` is the same whether files lie in a folder or in a bucket. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { StorageKey } from '../../src/storage/keys.ts';
import { type Api, startApi } from '../support/api.ts';
import { newServices } from '../support/batches.ts';
import { type S3, setCredentials, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';
import { newKey } from '../storage/contract.ts';

const never = new AbortController().signal;
const stack = new AsyncDisposableStack();
let s3: S3;

before(async () => {
  setCredentials();
  s3 = stack.use(await startS3());
});
after(() => stack.disposeAsync());

async function keep({ services: { config, storage } }: Api, content: Buffer): Promise<StorageKey> {
  const path = join(config.dataDir, randomBytes(8).toString('hex'));
  await writeFile(path, content);
  const key = newKey();
  const sha256 = createHash('sha256').update(content).digest('hex');
  await storage.put(key, { path, bytes: content.length, sha256, contentType: 'image/jpeg' }, never);
  return key;
}

for (const kind of ['a folder', 'a bucket'] as const)
  describe(`/files of ${kind}`, () => {
    let api: Api;
    let key: StorageKey;
    before(async () => {
      api = await startApi(kind === 'a bucket' ? s3.settings : {});
      key = await keep(api, Buffer.from('0123456789'));
    });
    after(() => api[Symbol.asyncDispose]());

    const get = (headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
      fetch(`${api.url}/files/${key}`, { method, headers });

    test('a file has its type, its length, and headers that keep it safe and cached', async () => {
      const whole = await get();
      assert.equal(whole.status, 200);
      assert.equal(await whole.text(), '0123456789');
      for (const [name, value] of [
        ['content-type', 'image/jpeg'],
        ['content-length', '10'],
        ['accept-ranges', 'bytes'],
        ['cache-control', 'public, max-age=31536000, immutable'],
        ['x-content-type-options', 'nosniff'],
        ['content-security-policy', "default-src 'none'; sandbox"],
      ] as const)
        assert.equal(whole.headers.get(name), value);
      assert.match(whole.headers.get('etag') ?? '', /^"[^"]+"$/);
      assert.ok(Date.parse(whole.headers.get('last-modified') ?? '') <= Date.now());
      assert.equal((await fetch(`${api.url}/files/${newKey()}`)).status, 404);
    });

    test('ranges, as RFC 9110 has them', async () => {
      for (const [range, status, content] of [
        ['bytes=2-4', 206, '234'],
        ['bytes=7-', 206, '789'],
        ['bytes=-2', 206, '89'],
        ['bytes=-99', 206, '0123456789'],
        ['bytes=5-99', 206, '56789'],
        ['bytes=10-', 416, undefined],
        ['bytes=-0', 416, undefined],
        ['bytes=4-2', 200, '0123456789'],
        ['bytes=0-1,3-4', 200, '0123456789'],
        ['lines=1-2', 200, '0123456789'],
      ] as const) {
        const part = await get({ range });
        assert.equal(part.status, status, range);
        if (content !== undefined) assert.equal(await part.text(), content, range);
        else assert.equal(part.headers.get('content-range'), 'bytes */10');
        if (status === 206) assert.match(part.headers.get('content-range') ?? '', /^bytes \d+-\d+\/10$/);
      }
    });

    test('conditions, as RFC 9110 has them', async () => {
      const { headers } = await get();
      const [etag, date] = [headers.get('etag') ?? '', headers.get('last-modified') ?? ''];
      const earlier = new Date(Date.parse(date) - 60_000).toUTCString();
      for (const [condition, status] of [
        [{ 'if-none-match': etag }, 304],
        [{ 'if-none-match': `"x", W/${etag}` }, 304],
        [{ 'if-none-match': '*' }, 304],
        [{ 'if-none-match': '"x"', 'if-modified-since': date }, 200],
        [{ 'if-modified-since': date }, 304],
        [{ 'if-modified-since': earlier }, 200],
        [{ 'if-modified-since': 'yesterday' }, 200],
        [{ 'if-match': etag }, 200],
        [{ 'if-match': `W/${etag}` }, 412],
        [{ 'if-match': '"x"' }, 412],
        [{ 'if-unmodified-since': date }, 200],
        [{ 'if-unmodified-since': earlier }, 412],
        [{ range: 'bytes=0-0', 'if-range': etag }, 206],
        [{ range: 'bytes=0-0', 'if-range': '"x"' }, 200],
        [{ range: 'bytes=0-0', 'if-range': `W/${etag}` }, 200],
        [{ range: 'bytes=0-0', 'if-range': date }, 206],
        [{ range: 'bytes=0-0', 'if-range': earlier }, 200],
      ] as const) {
        const answer = await get(condition);
        assert.equal(answer.status, status, JSON.stringify(condition));
        await answer.arrayBuffer();
        if (status === 304) assert.equal(answer.headers.get('etag'), etag);
        if (status === 412) assert.equal(answer.headers.get('cache-control'), null);
      }
      const head = await get({ range: 'bytes=0-0' }, 'HEAD');
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, '10']);
      assert.equal((await get({ 'if-none-match': etag }, 'HEAD')).status, 304);
    });

    test('an empty file, and one that a client stops reading', async () => {
      const empty = await fetch(`${api.url}/files/${await keep(api, Buffer.alloc(0))}`);
      assert.deepEqual([empty.status, await empty.text()], [200, '']);
      const large = await keep(api, randomBytes(30_000_000));
      const request = httpGet(`${api.url}/files/${large}`);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      await once(response, 'data');
      response.destroy();
      await until(() => s3.open() === 0);
    });
  });

describe('/files of a bucket', () => {
  let api: Api;
  let key: StorageKey;
  before(async () => {
    api = await startApi({ ...s3.settings, FILES_REDIRECT: 'true' });
    key = await keep(api, Buffer.from('0123456789'));
  });
  after(() => api[Symbol.asyncDispose]());

  test('with FILES_REDIRECT, clients are sent to a URL that lasts longer than the redirect may be cached', async () => {
    const redirect = await fetch(`${api.url}/files/${key}`, { redirect: 'manual' });
    assert.equal(redirect.status, 302);
    assert.equal(redirect.headers.get('cache-control'), 'private, max-age=1800');
    const location = redirect.headers.get('location') ?? '';
    assert.ok(location.startsWith(`${s3.url}/pictures/some/place/${key}?`));
    assert.equal(new URL(location).searchParams.get('X-Amz-Expires'), '3600');
    const file = await fetch(`${api.url}/files/${key}`);
    assert.equal(await file.text(), '0123456789');
    assert.equal(file.headers.get('content-type'), 'image/jpeg');
    const head = await fetch(`${api.url}/files/${key}`, { method: 'HEAD', redirect: 'manual' });
    assert.equal(head.status, 200, 'the URL is signed for GET alone');
    const thumb = key.replace('a.jpg', '240.webp');
    assert.equal((await fetch(`${api.url}/files/${thumb}`, { redirect: 'manual' })).status, 404);
  });

  test('a store that is away is a 503, to be asked again', async () => {
    s3.fault = () => ({ is: 'answer', status: 503, code: 'SlowDown' });
    const away = await fetch(`${api.url}/files/${key}`, { method: 'HEAD' });
    assert.equal(away.status, 503);
    const ready = await fetch(`${api.url}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /SlowDown/);
    s3.fault = () => undefined;
    assert.equal((await fetch(`${api.url}/files/${key}`, { method: 'HEAD' })).status, 200);
  });

  test('a process starts without a store that is away, and not with one that it must not use', async () => {
    await using away = await startS3();
    away.fault = () => ({ is: 'answer', status: 503, code: 'SlowDown' });
    await using _ = await newServices(away.settings);
    await using careless = await startS3({ ignoresConditions: true });
    await assert.rejects(newServices(careless.settings), /ignores If-None-Match/);
  });
});
