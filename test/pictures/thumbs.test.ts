import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { KEY } from '../../src/storage/keys.ts';
import { pathOf } from '../../src/storage/disk-paths.ts';
import { type Page, pageServer, type SheetImage, type Thumb } from '../support/page-server.ts';
import type { Batch } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES, smallPicture, visualDistance } from '../support/pictures.ts';

const PHOTO = photo(PHOTO_NAMES[0] ?? '');
const { get, read, ended, problem, folder, database } = pageServer();

let origin: Origin;
before(async () => {
  const pictures = new Map([
    ['/photo.jpg', PHOTO],
    ['/small.jpg', await smallPicture(1)],
  ]);
  origin = await startOrigin((path) => pictures.get(path.split('?')[0] ?? ''));
});
after(() => origin[Symbol.asyncDispose]());

async function sheetOf(batch: Batch): Promise<SheetImage[]> {
  return (await read<Page<SheetImage>>(`/v1/batches/${batch.id}/sheet`)).items;
}

/** A batch of one image whose only rendition has the size of the source. */
async function large(url: string): Promise<{ batch: Batch; thumb: Thumb }> {
  const batch = await ended(`Image\n${url}\n`, { preset: 'half-quality' });
  const [image] = await sheetOf(batch);
  assert.ok(image?.thumb);
  return { batch, thumb: image.thumb };
}

function keyIn(url: string): string {
  return url.slice(url.indexOf('/files/') + 7);
}

function stored(url: string): string {
  return pathOf(join(folder(), 'files'), keyIn(url));
}

test('the thumb is a rendition of 200 to 400 pixels where there is one, else a small one as it is', async () => {
  const batch = await ended(
    `Image\n${origin.url}/photo.jpg\n${origin.url}/small.jpg\n${origin.url}/none.jpg\n`,
  );
  const [normal, small, failed] = await sheetOf(batch);
  assert.match(normal?.thumb?.url ?? '', /\/thumb\.jpg$/);
  assert.equal(Math.max(normal?.thumb?.width ?? 0, normal?.thumb?.height ?? 0), 400);
  assert.match(small?.thumb?.url ?? '', /\.jpg$/);
  assert.deepEqual([small?.thumb?.width, small?.thumb?.height], [48, 32]);
  assert.equal(failed?.thumb, null);
});

test('a file has a strong ETag, with which a download is resumed', async () => {
  const batch = await ended(`Image\n${origin.url}/photo.jpg\n`);
  const [image] = await sheetOf(batch);
  const url = image?.thumb?.url ?? '';
  const whole = await fetch(url);
  const etag = whole.headers.get('etag') ?? '';
  assert.match(etag, /^"[0-9a-f-]+"$/);
  const body = Buffer.from(await whole.arrayBuffer());
  const rest = await fetch(url, { headers: { range: 'bytes=100-', 'if-range': etag } });
  assert.equal(rest.status, 206);
  assert.ok(Buffer.from(await rest.arrayBuffer()).equals(body.subarray(100)));
  const other = await fetch(url, { headers: { range: 'bytes=100-', 'if-range': '"other"' } });
  assert.equal(other.status, 200);
  await other.body?.cancel();
  assert.equal(
    (await fetch(url, { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } })).status,
    304,
  );
  assert.equal((await fetch(url, { headers: { 'if-match': '"other"' } })).status, 412);
});

test('else a WebP of 240 pixels is made on first demand, once, and is cached for good', async () => {
  const { thumb } = await large(`${origin.url}/photo.jpg`);
  assert.match(keyIn(thumb.url), KEY);
  assert.ok(!existsSync(stored(thumb.url)));
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(thumb.url)));
  const bodies = await Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())));
  const [answer, body = Buffer.alloc(0)] = [answers[0], bodies[0]];
  assert.ok(answers.every(({ status }) => status === 200) && bodies.every((each) => each.equals(body)));
  assert.equal(answer?.headers.get('content-type'), 'image/webp');
  assert.match(answer?.headers.get('cache-control') ?? '', /max-age=31536000, immutable/);
  assert.equal(answer?.headers.get('x-content-type-options'), 'nosniff');
  const { format, width, height } = await sharp(body).metadata();
  assert.equal(format, 'webp');
  assert.equal(Math.max(width, height), 240);
  assert.ok(Math.abs(width - thumb.width) <= 1 && Math.abs(height - thumb.height) <= 1);
  assert.ok((await visualDistance(body, PHOTO)) < 6);
  assert.ok(existsSync(stored(thumb.url)));
});

test('only sets that need a thumbnail have one', async () => {
  const batch = await ended(`Image\n${origin.url}/photo.jpg\n`);
  const [image] = await sheetOf(batch);
  const [token, setId] = keyIn(image?.thumb?.url ?? '').split('/');
  for (const path of [
    `${token}/${setId}/240.webp`,
    `${token}/${'0'.repeat(16)}/240.webp`,
    `${'a'.repeat(32)}/${setId}/240.webp`,
  ])
    assert.deepEqual(await problem(`/files/${path}`), [404, 'not_found'], path);
});

test('invented keys keep nobody waiting, however many', async () => {
  const token = 'b'.repeat(32);
  const invented = Array.from(
    { length: 600 },
    (_, i) => `/files/${token}/${String(i).padStart(16, '0')}/240.webp`,
  );
  const statuses = await Promise.all(invented.map(async (path) => (await problem(path))[0]));
  assert.deepEqual(new Set(statuses), new Set([404]));
});

test('a thumbnail goes with its set, and is none of its renditions', async () => {
  const { batch, thumb } = await large(`${origin.url}/photo.jpg?other`);
  assert.equal((await fetch(thumb.url)).status, 200);
  const [image] = (await read<Page<{ renditions: { url: string }[] }>>(`/v1/batches/${batch.id}/images`))
    .items;
  assert.equal(image?.renditions.length, 1);
  const path = stored(thumb.url);
  for (const { id } of (await read<Page<Batch>>('/v1/batches')).items)
    assert.equal((await get(`/v1/batches/${id}`, { method: 'DELETE' })).status, 204);
  while (existsSync(path)) await sleep(100);
  const { rows } = await database().pool.query('select from renditions');
  assert.equal(rows.length, 0);
  assert.equal((await fetch(thumb.url)).status, 404);
});

test('a batch shows the images that it completed last', async () => {
  const urls = Array.from({ length: 20 }, (_, i) => `${origin.url}/small.jpg?${i}`);
  const batch = await ended(`Image\n${urls.join('\n')}\n`);
  type Listed = Batch & { latest?: { image_id: string; slot: number; thumb: Thumb }[] };
  const list = async (query: string) => (await read<Page<Listed>>(`/v1/batches${query}`)).items[0];
  assert.equal((await list('?limit=1'))?.latest, undefined);
  const latest = (await list('?limit=1&latest=14'))?.latest ?? [];
  assert.equal(new Set(latest.map(({ slot }) => slot)).size, 14);
  assert.equal((await fetch(latest[0]?.thumb.url ?? '')).status, 200);
  assert.equal((await list('?limit=1&latest=3'))?.latest?.length, 3);
  await database().pool.query('update batches set latest_slots = null'); // as an older version left it
  const last = (await list('?limit=1&latest=14'))?.latest ?? [];
  assert.deepEqual(
    last.map(({ slot }) => slot),
    Array.from({ length: 14 }, (_, i) => 20 - i),
  );
  assert.equal(batch.counts.completed, 20);
});
