import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { type Page, pageServer, type SheetImage } from '../support/page-server.ts';
import type { Batch } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../support/pictures.ts';

const [FIRST = '', SECOND = ''] = PHOTO_NAMES;
const SECRET = 'Bearer of-the-supplier';
const { get, ended, read, problem, giveAway } = pageServer({
  SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
});

let origin: Origin;
let withPosition: Buffer;
const files = new Map<string, Buffer>();
const headers = new Map<string, IncomingHttpHeaders>();
const asked = new Map<string, (response: ServerResponse) => void>(); // answers by hand
before(async () => {
  withPosition = await sharp(photo(FIRST))
    .withExif({
      IFD0: { Copyright: 'Somebody' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
    })
    .jpeg()
    .toBuffer();
  origin = await startOrigin((path) => (request, response) => {
    headers.set(path, request.headers);
    const byHand = asked.get(path);
    if (byHand) return byHand(response);
    const file = files.get(path);
    response.statusCode = file ? 200 : 404;
    response.end(file);
  });
});
after(() => origin[Symbol.asyncDispose]());

/** A batch of one image with this source. */
async function imageOf(path: string, file: Buffer | undefined): Promise<{ batch: Batch; id: string }> {
  if (file) files.set(path, file);
  const batch = await ended(`Image\n${origin.url}${path}\n`);
  const [image] = (await read<Page<SheetImage>>(`/v1/batches/${batch.id}/sheet`)).items;
  return { batch, id: image?.id ?? '' };
}

test('the source as it is now, without metadata, for whoever asked alone, and kept for an hour', async () => {
  const { id } = await imageOf('/a.jpg', withPosition);
  const answers = await Promise.all([1, 2, 3].map(() => get(`/v1/images/${id}/before?width=600`)));
  const bodies = await Promise.all(answers.map(async (each) => Buffer.from(await each.arrayBuffer())));
  const [answer, body = Buffer.alloc(0)] = [answers[0], bodies[0]];
  assert.ok(bodies.every((each) => each.equals(body)));
  assert.equal(answer?.status, 200);
  const expected = {
    'content-type': 'image/webp',
    'cache-control': 'private, max-age=3600',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(answer?.headers.get(name), value, name);
  const { format, width, exif, xmp, icc } = await sharp(body).metadata();
  assert.deepEqual([format, width, exif, xmp, icc], ['webp', 600, undefined, undefined, undefined]);
  assert.ok((await visualDistance(body, withPosition)) < 6);
  await get(`/v1/images/${id}/before?width=600`);
  assert.equal(origin.requests.get('/a.jpg'), 2, 'for the batch, and once for all who looked');
});

test('it is requested with the secret headers of its host', async () => {
  const put = await get(`/v1/hosts/${new URL(origin.url).host}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ headers: { Authorization: SECRET } }),
  });
  assert.equal(put.status, 200);
  const { id } = await imageOf('/b.jpg', photo(FIRST));
  headers.clear();
  assert.equal((await get(`/v1/images/${id}/before?width=64`)).status, 200);
  assert.equal(headers.get('/b.jpg')?.authorization, SECRET);
});

test('another file at the address is said, and one that cannot be had, with the reason', async () => {
  const { id } = await imageOf('/c.jpg', photo(FIRST));
  files.set('/c.jpg', photo(SECOND));
  assert.deepEqual(await problem(`/v1/images/${id}/before`), [409, 'source_changed']);
  files.delete('/c.jpg');
  const gone = await get(`/v1/images/${id}/before`);
  const body = (await gone.json()) as { code: string; errors: { code: string }[] };
  assert.deepEqual([gone.status, body.code, body.errors[0]?.code], [502, 'source_unavailable', 'not_found']);
  files.set('/c.jpg', Buffer.from('<html>sold out</html>'));
  const page = (await (await get(`/v1/images/${id}/before`)).json()) as typeof body;
  assert.equal(page.errors[0]?.code, 'not_an_image');
});

test('an image without renditions has nothing to compare, and one of somebody else is not there', async () => {
  const failed = await imageOf('/none.jpg', undefined);
  assert.deepEqual(await problem(`/v1/images/${failed.id}/before`), [409, 'conflict']);
  const { batch, id } = await imageOf('/d.jpg', photo(FIRST));
  assert.equal((await get(`/v1/images/${id}/before?width=64`)).status, 200);
  await giveAway(batch);
  const unknown = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
  const answers = await Promise.all([id, unknown].map((each) => get(`/v1/images/${each}/before?width=64`)));
  const [hers, nobodys] = await Promise.all(answers.map((answer) => answer.text()));
  assert.ok(
    answers.every(({ status }) => status === 404),
    'also one that is in the cache',
  );
  assert.equal(hers?.replaceAll(id, 'ID'), nobodys?.replaceAll(unknown, 'ID'));
  assert.deepEqual(await problem(`/v1/images/${id}/before?width=10`), [400, 'bad_request']);
});

test('the download ends when nobody waits for it any more', { timeout: 60_000 }, async () => {
  const { id } = await imageOf('/e.jpg', photo(FIRST));
  const requested = Promise.withResolvers<ServerResponse>();
  asked.set('/e.jpg', (response) => {
    response.writeHead(200).flushHeaders();
    requested.resolve(response);
  });
  const gone = new AbortController();
  const first = get(`/v1/images/${id}/before`, { signal: gone.signal }).catch(() => 'aborted');
  const response = await requested.promise;
  const closed = once(response, 'close');
  gone.abort();
  assert.equal(await first, 'aborted');
  await closed;
  asked.delete('/e.jpg');
  assert.equal((await get(`/v1/images/${id}/before?width=64`)).status, 200);
});

test('a host that asked for a pause is not requested', { timeout: 60_000 }, async () => {
  const { id } = await imageOf('/f.jpg', photo(FIRST));
  const host = `/v1/hosts/${new URL(origin.url).host}`;
  const hold = (held_until: string | null) =>
    get(host, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ held_until }),
    });
  await hold(new Date(Date.now() + 600_000).toISOString());
  const answer = await get(`/v1/images/${id}/before`);
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
  assert.match(await answer.text(), /"code":"busy"/);
  assert.equal(origin.requests.get('/f.jpg'), 1);
  await hold(null); // which the next exchange of permits tells
  while ((await get(`/v1/images/${id}/before?width=64`)).status !== 200) await sleep(50);
});
