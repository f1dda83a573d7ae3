/** Previews of renditions: real files of a real decoder, for whoever tries settings. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { Batch } from '../support/minilab.ts';
import { json } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Page, pageServer, type SheetImage } from '../support/page-server.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../support/pictures.ts';

const [NAME = ''] = PHOTO_NAMES;
const { get, ended, read, folder, giveAway } = pageServer();

let origin: Origin;
let isGone = false;
before(async () => {
  origin = await startOrigin((path) =>
    isGone ? undefined : path === '/page.jpg' ? Buffer.from('<!doctype html>') : photo(NAME),
  );
});
after(() => origin[Symbol.asyncDispose]());

type Rendition = Record<string, unknown>;

function preview(rendition: Rendition, picture?: string): Promise<Response> {
  return get('/v1/presets/preview', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rendition: { name: 'web', ...rendition }, ...(picture && { picture }) }),
  });
}

async function file(rendition: Rendition, picture?: string): Promise<Buffer> {
  const response = await preview(rendition, picture);
  assert.equal(response.status, 200, await response.clone().text());
  return Buffer.from(await response.arrayBuffer());
}

type Refused = { code: string; errors?: { at: string; code: string; detail: string }[] };

async function refused(rendition: Rendition, picture?: string): Promise<[number, string, unknown]> {
  const response = await preview(rendition, picture);
  const { code, errors } = await json<Refused>(response);
  return [response.status, code, errors?.map((each) => [each.at, each.code])];
}

async function imageOf(csv: string): Promise<{ batch: Batch; id: string }> {
  const batch = await ended(csv);
  const [image] = (await read<Page<SheetImage>>(`/v1/batches/${batch.id}/sheet`)).items;
  return { batch, id: image?.id ?? '' };
}

test('every format, of the photograph that comes with Minilab', async () => {
  const formats = { jpeg: 'jpeg', mozjpeg: 'jpeg', png: 'png', webp: 'webp', avif: 'heif' };
  for (const [format, read] of Object.entries(formats)) {
    const response = await preview({ width: 300, format });
    assert.equal(response.headers.get('content-type'), `image/${format === 'mozjpeg' ? 'jpeg' : format}`);
    assert.match(response.headers.get('server-timing') ?? '', /^make;dur=\d+$/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const meta = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    assert.deepEqual([meta.format, meta.width, meta.exif], [read, 300, undefined], format);
  }
});

test('of an image of a batch: the bytes that its file has, and its source is asked for once', async () => {
  const { batch, id } = await imageOf(`Image\n${origin.url}/a.jpg\n`);
  const { items } = await read<Page<{ renditions: { name: string; url: string }[] }>>(
    `/v1/batches/${batch.id}/images`,
  );
  const full = items[0]?.renditions.find(({ name }) => name === 'full');
  const made = Buffer.from(await (await fetch(full?.url ?? '')).arrayBuffer());
  const requests = origin.requests.get('/a.jpg') ?? 0;
  const seen = await file({ width: 1600, height: 1600, quality: 80 }, id);
  assert.ok(seen.equals(made));
  await file({ width: 100, height: 100, fit: 'cover' }, id);
  assert.equal(origin.requests.get('/a.jpg'), requests + 1);
  await giveAway(batch);
  assert.deepEqual(await refused({}, id), [404, 'not_found', undefined], "another tenant's");
});

test('of an upload that is kept, which may be no picture', async () => {
  const keep = async (content: Buffer): Promise<string> => {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(content)]), 'mine.jpg');
    return (await json<{ upload_id: string }>(get('/v1/uploads', { method: 'POST', body: form }))).upload_id;
  };
  const mine = await sharp(photo(NAME)).rotate(90).resize(500).jpeg().toBuffer();
  assert.ok((await visualDistance(await file({ width: 400, format: 'webp' }, await keep(mine)), mine)) < 6);
  const csv = await keep(Buffer.from('SKU,Image\n1,x\n'));
  const [status, code, errors] = await refused({}, csv);
  assert.deepEqual([status, code], [422, 'preview_failed']);
  assert.deepEqual(errors, [['', 'not_an_image']]);
});

test('what cannot be made says why, and where', async () => {
  assert.deepEqual(await refused({ width: 0, quality: 'x', size: 1 }), [
    422,
    'preset_invalid',
    [
      ['/rendition', 'invalid_setting'],
      ['/rendition/width', 'invalid_setting'],
      ['/rendition/quality', 'invalid_setting'],
    ],
  ]);
  assert.deepEqual(await refused({ fit: 'cover', width: 10 }), [
    422,
    'preset_invalid',
    [['/rendition/fit', 'invalid_setting']],
  ]);
  assert.deepEqual(await refused({ max_bytes: 100 }), [
    422,
    'preview_failed',
    [['', 'cannot_meet_max_bytes']],
  ]);
  for (const picture of ['mine', 'img_x', 'img_01h455vb4pex5vsknk084sn02q', 'upl_01h455vb4pex5vsknk084sn02q'])
    assert.deepEqual(await refused({}, picture), [404, 'not_found', undefined], picture);
  const empty = await get('/v1/presets/preview', { method: 'POST' });
  assert.equal((await json<Refused>(empty)).code, 'preset_invalid');
});

test('an image whose source is gone', async () => {
  const { id } = await imageOf(`Image\n${origin.url}/b.jpg\n`);
  isGone = true;
  assert.deepEqual(await refused({}, id), [502, 'source_unavailable', [['', 'not_found']]]);
  isGone = false;
});

test('nothing of it stays: no file of a preview, and a preset may still be called preview', async () => {
  await file({ width: 50 });
  const folders = (await readdir(join(folder(), 'tmp'))).filter((name) => name.startsWith('preview-'));
  for (const name of folders) assert.deepEqual(await readdir(join(folder(), 'tmp', name)), []);
  const body = JSON.stringify({ renditions: [{ name: 'web' }] });
  const headers = { 'content-type': 'application/json' };
  const saved = await get('/v1/presets/preview', { method: 'PUT', headers, body });
  assert.equal(saved.status, 200);
  assert.equal((await get('/v1/presets/preview')).status, 200);
});
