import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { openDatabase } from '../../src/db/database.ts';
import { bearer, keyOf } from '../support/api.ts';
import { cutOut } from '../support/cut-outs.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';

type Marking = Batch & { placeholders: string; bytes_in: number };
type Image = {
  source_url: string;
  state: string;
  attempts: number;
  error_code: string | null;
  error_detail: string | null;
  is_placeholder: boolean;
  source: { sha256: string } | null;
  renditions: { url: string }[];
};
type Picture = { sha256: string; kind: string; note: string; by_look: boolean; url: string | null };
type Ran = { batch: Marking; images: Map<string, Image> };

describe('a picture that is marked as a placeholder', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  let [ours, theirs] = ['', ''];
  const pictures = new Map<string, Buffer>();

  /** Paths of /fresh need no request for an hour; all others answer conditional ones. */
  const answer = (path: string) => (request: IncomingMessage, response: ServerResponse) => {
    const picture = pictures.get(path);
    const etag = `"${path}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    const freshness = path.startsWith('/fresh') ? { 'cache-control': 'max-age=3600' } : {};
    response.writeHead(picture ? (isKnown ? 304 : 200) : 404, { etag, ...freshness });
    response.end(isKnown ? undefined : picture);
  };

  before(async () => {
    const sign = await cutOut(99, 600);
    const white = (side: number) =>
      ({ create: { width: side, height: side, channels: 3, background: '#fff' } }) as const;
    const made: Record<string, Buffer> = {
      '/sign': sign,
      '/fresh/sign': await sharp(sign).jpeg({ quality: 95 }).toBuffer(),
      '/known/sign': await sharp(sign).webp().toBuffer(),
      '/copy/bytes': sign,
      '/copy/q20': await sharp(sign).jpeg({ quality: 20 }).toBuffer(),
      '/copy/half': await sharp(sign).resize(300).jpeg().toBuffer(),
      '/other/colour': await sharp(sign).modulate({ hue: 120 }).png().toBuffer(),
      '/white/1': await sharp(white(200)).png().toBuffer(),
      '/white/2': await sharp(white(300)).png().toBuffer(),
    };
    for (let i = 1; i <= 4; i += 1) made[`/product/${i}`] = await cutOut(i, 600);
    for (const [path, bytes] of Object.entries(made)) pictures.set(path, bytes);
    folder = await newFolder();
    origin = await startOrigin(answer);
    const url = await migratedDatabase();
    const { db } = openDatabase(url);
    ours = (await keyOf(db)).key;
    theirs = (await keyOf(db, { tenant: 'theirs' })).key;
    await db.destroy();
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: url });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  function call(method: string, path: string, body?: object, key = ours): Promise<Response> {
    const headers = { ...bearer(key), ...(body && { 'content-type': 'application/json' }) };
    const url = path.startsWith('http') ? path : minilab.url + path;
    return fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  }

  async function ended(id: string, key = ours): Promise<Ran> {
    let batch: Marking;
    do batch = await json<Marking>(call('GET', `/v1/batches/${id}?wait=5`, undefined, key));
    while (batch.ended_at === null);
    const { items } = await json<{ items: Image[] }>(call('GET', `/v1/batches/${id}/images`, undefined, key));
    return { batch, images: new Map(items.map((image) => [new URL(image.source_url).pathname, image])) };
  }

  async function run(paths: string[], { query = '', key = ours } = {}): Promise<Ran> {
    const csv = `S. No.,Images\n${paths.map((path, i) => `${i + 1},${origin.url}${path}\n`).join('')}`;
    const headers = { ...bearer(key), 'content-type': 'text/csv' };
    const accepted = await fetch(`${minilab.url}/v1/batches?${query}`, {
      method: 'POST',
      headers,
      body: csv,
    });
    assert.equal(accepted.status, 202, await accepted.clone().text());
    return ended((await json<Batch>(accepted)).id, key);
  }

  async function mark(sha256: string, kind = 'placeholder'): Promise<Picture> {
    const response = await call('PUT', `/v1/pictures/${sha256}`, { kind, note: 'of a test' });
    assert.equal(response.status, 200, await response.clone().text());
    return json<Picture>(response);
  }

  const shaOf = ({ images }: Ran, path: string): string => images.get(path)?.source?.sha256 ?? '';
  const failedOf = ({ images }: Ran): string[] =>
    [...images].filter(([, { state }]) => state === 'failed').map(([path]) => path);
  const toldOf = ({ images }: Ran): string[] =>
    [...images].filter(([, image]) => image.is_placeholder).map(([path]) => path);
  const setsStored = async (): Promise<number> =>
    (await readdir(join(folder.path, 'files'), { recursive: true })).filter((name) => /full\.\w+$/.test(name))
      .length;

  const KNOWN = ['/sign', '/fresh/sign', '/known/sign'];
  const COPIES = ['/copy/bytes', '/copy/q20', '/copy/half'];
  const OTHERS = ['/other/colour', '/product/1', '/product/2', '/product/3'];
  let first: Ran;
  let second: Ran;

  test('fails the images that are it or look like it in later batches, made before or not, and no others', async () => {
    first = await run([...KNOWN, '/product/1']);
    assert.deepEqual(failedOf(first), []);
    const sha256 = shaOf(first, '/sign');
    const marked = await mark(sha256);
    assert.partialDeepStrictEqual(marked, { sha256, kind: 'placeholder', note: 'of a test', by_look: true });
    assert.equal((await fetch(marked.url ?? '')).status, 200);
    const stored = await setsStored();
    second = await run([...KNOWN, ...COPIES, '/copy/q20', ...OTHERS]);
    assert.deepEqual(failedOf(second), [...KNOWN, ...COPIES]);
    assert.deepEqual(second.batch.errors_by_code, { placeholder_image: 7 });
    assert.equal(second.batch.counts.completed, OTHERS.length);
    assert.equal(await setsStored(), stored + 3, 'of those that failed, nothing was stored');
    for (const path of [...KNOWN, ...COPIES]) {
      const image = second.images.get(path);
      assert.deepEqual([image?.attempts, image?.source, image?.renditions], [1, null, []], path);
      assert.match(image?.error_detail ?? '', new RegExp(`^The supplier sent its sign .*${sha256}`));
    }
    assert.equal(
      second.batch.bytes_in,
      OTHERS.reduce((sum, path) => sum + (pictures.get(path)?.length ?? 0), 0),
    );
    assert.deepEqual(failedOf(await ended(first.batch.id)), [], 'what had ended stays');
  });

  test('asks for a source that is fresh no more than before', () => {
    assert.equal(origin.requests.get('/fresh/sign'), 1);
    assert.equal(origin.requests.get('/known/sign'), 2);
  });

  test('leaves the images of another tenant as they are', async () => {
    const paths = ['/sign', '/copy/q20'];
    assert.deepEqual(failedOf(await run(paths, { key: theirs })), []);
    const list = await json<{ items: Picture[] }>(call('GET', '/v1/pictures', undefined, theirs));
    assert.deepEqual(list.items, []);
  });

  test('is made and told with placeholders=warn', async () => {
    const ran = await run([...KNOWN, ...COPIES, ...OTHERS], { query: 'placeholders=warn' });
    assert.deepEqual([ran.batch.state, ran.batch.placeholders], ['completed', 'warn']);
    assert.deepEqual(toldOf(ran), [...KNOWN, ...COPIES]);
    const manifest = await (await call('GET', `/v1/batches/${ran.batch.id}/manifest.ndjson`)).text();
    const lines = manifest
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Image);
    const told = new Set(
      lines.filter((line) => line.is_placeholder).map((line) => new URL(line.source_url).pathname),
    );
    assert.deepEqual([...told], [...KNOWN, ...COPIES]);
    assert.deepEqual(toldOf(await run(['/copy/q20', '/copy/q20'], { query: 'placeholders=warn' })), [
      '/copy/q20',
    ]);
    assert.deepEqual(failedOf(await run(['/copy/half', '/product/4'])), ['/copy/half'], 'though it was made');
  });

  test('does not fail a copy that is marked as allowed: a retry makes it', async () => {
    const copy = /own SHA-256 is (\w+)/.exec(second.images.get('/copy/q20')?.error_detail ?? '')?.[1] ?? '';
    await mark(copy, 'allowed');
    await call('POST', `/v1/batches/${second.batch.id}/retry`);
    second = await ended(second.batch.id);
    assert.equal(second.images.get('/copy/q20')?.state, 'completed');
    assert.ok(
      ['/sign', '/copy/bytes'].every((path) => failedOf(second).includes(path)),
      'the content itself',
    );
    assert.deepEqual(toldOf(second), []);
  });

  test('fails nothing any more when its mark was removed: a retry makes the rest', async () => {
    const path = `/v1/pictures/${shaOf(first, '/sign')}`;
    assert.equal((await call('DELETE', path)).status, 204);
    assert.equal((await call('DELETE', path)).status, 404);
    await call('POST', `/v1/batches/${second.batch.id}/retry`);
    assert.equal((await ended(second.batch.id)).batch.state, 'completed');
  });

  test('without structure it is known by its content only', async () => {
    const ran = await run(['/white/1', '/white/2']);
    const marked = await mark(shaOf(ran, '/white/1'));
    assert.equal(marked.by_look, false);
    assert.deepEqual(failedOf(await run(['/white/1', '/white/2'])), ['/white/1']);
  });
});
