import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, truncate } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

type Reusing = Batch & { reused: number };
type Image = { source_url: string; renditions: { url: string }[] };

describe('a catalogue that comes again', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  const pictures = new Map<string, Buffer>();
  const headers = new Map<string, Record<string, string>>(); // by path, beside the entity tag
  const statuses: string[] = []; // what was answered, in order

  /** A host that answers conditional requests as RFC 9110 wants it; paths of /plain know no validators. */
  function answer(path: string) {
    const to = redirects.get(path);
    if (to !== undefined)
      return (_: IncomingMessage, response: ServerResponse): void => {
        statuses.push(`302 ${path}`);
        response.writeHead(302, { location: to }).end();
      };
    const picture = pictures.get(path);
    if (!picture) return undefined;
    return (request: IncomingMessage, response: ServerResponse): void => {
      const etag = `"${createHash('sha256').update(picture).digest('hex').slice(0, 8)}"`;
      const hasValidators = !path.startsWith('/plain');
      const isKnown = hasValidators && request.headers['if-none-match'] === etag;
      statuses.push(`${isKnown ? 304 : 200} ${path}`);
      response.writeHead(isKnown ? 304 : 200, { ...(hasValidators && { etag }), ...headers.get(path) });
      response.end(isKnown ? undefined : picture);
    };
  }

  const redirects = new Map<string, string>();

  before(async () => {
    folder = await newFolder();
    origin = await startOrigin(answer);
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function serve(paths: string[], extra: Record<string, string> = {}): Promise<void> {
    for (const [i, path] of paths.entries()) {
      pictures.set(path, await smallPicture(1000 * pictures.size + i));
      headers.set(path, extra);
    }
  }

  /** Runs a batch of these paths. @returns it, its output URLs by path, and what the host was asked for */
  async function run(paths: string[], options: Record<string, string> = {}) {
    statuses.length = 0;
    const csv = `S. No.,Images\n${paths.map((path, i) => `${i + 1},${origin.url}${path}\n`).join('')}`;
    const batch = (await untilEnded(
      (await json<Batch>(upload(minilab.url, csv, options))).links.self,
    )) as Reusing;
    assert.equal(batch.state, 'completed');
    const { items } = await json<{ items: Image[] }>(fetch(batch.links.images));
    const urls = items.map(({ renditions }) => renditions.map(({ url }) => url));
    for (const url of urls.flat()) assert.equal((await fetch(url)).status, 200);
    return { batch, urls, asked: statuses.toSorted() };
  }

  test('costs one conditional request a source, makes nothing, and has the same URLs', async () => {
    const paths = ['/a/1', '/a/2', '/a/3'];
    await serve(paths);
    const first = await run(paths);
    assert.equal(first.batch.reused, 0);
    assert.deepEqual(first.asked, ['200 /a/1', '200 /a/2', '200 /a/3']);
    const second = await run(paths);
    assert.deepEqual(second.asked, ['304 /a/1', '304 /a/2', '304 /a/3']);
    assert.deepEqual(second.urls, first.urls);
    assert.equal(second.batch.reused, 3);
    assert.partialDeepStrictEqual(second.batch, { counts: first.batch.counts });
  });

  test('counts as reused wherever nothing was made, also where a URL is repeated', async () => {
    const paths = ['/r/1', '/r/1', '/r/2', '/r/1', '/r/2'];
    await serve(paths);
    assert.equal((await run(paths)).batch.reused, 3);
    assert.equal((await run(paths)).batch.reused, 5);
  });

  test('costs no request as long as the host or the batch says that its images are fresh', async () => {
    await serve(['/fresh/1'], { 'cache-control': 'public, max-age=3600' });
    await serve(['/stale/1'], { 'cache-control': 'max-age=3600, no-cache' });
    await serve(['/plain/silent'], {});
    const paths = ['/fresh/1', '/stale/1', '/plain/silent'];
    const first = await run(paths);
    const second = await run(paths);
    assert.deepEqual(second.asked, ['200 /plain/silent', '304 /stale/1']);
    const third = await run(paths, { fresh_for: '1h' });
    assert.deepEqual(third.asked, []);
    assert.equal(third.batch.reused, 3);
    assert.deepEqual(third.urls, first.urls);
    assert.equal((await upload(minilab.url, 'Images\n', { fresh_for: 'long' })).status, 400);
  });

  test('is not made again when the same bytes come without any validator, or from another URL', async () => {
    await serve(['/plain/1']);
    const first = await run(['/plain/1']);
    const second = await run(['/plain/1']);
    assert.deepEqual(second.asked, ['200 /plain/1']);
    assert.equal(second.batch.reused, 1);
    pictures.set('/elsewhere', pictures.get('/plain/1') ?? Buffer.alloc(0));
    const third = await run(['/elsewhere']);
    assert.equal(third.batch.reused, 1);
    assert.deepEqual([second.urls, third.urls], [first.urls, first.urls]);
  });

  test('has a new URL where an image has changed, and the old one answers still', async () => {
    await serve(['/changing', '/b/same']);
    const first = await run(['/changing', '/b/same']);
    pictures.set('/changing', await smallPicture(777));
    const second = await run(['/changing', '/b/same']);
    assert.deepEqual(second.asked, ['200 /changing', '304 /b/same']);
    assert.notDeepEqual(second.urls[0], first.urls[0]);
    assert.deepEqual(second.urls[1], first.urls[1]);
    assert.equal(second.batch.reused, 1);
    for (const url of first.urls.flat()) assert.equal((await fetch(url)).status, 200);
  });

  test('follows a redirect that leads elsewhere now, whatever was said of the old image', async () => {
    await serve(['/red', '/blue'], { 'cache-control': 'max-age=31536000, immutable' });
    redirects.set('/shown', '/red');
    const first = await run(['/shown']);
    const second = await run(['/shown']);
    assert.deepEqual(second.asked, ['302 /shown', '304 /red']);
    redirects.set('/shown', '/blue');
    const third = await run(['/shown']);
    assert.deepEqual(third.asked, ['200 /blue', '302 /shown']);
    assert.notDeepEqual(third.urls, first.urls);
  });

  test('has a damaged file made again', async () => {
    await serve(['/d/1']);
    const first = await run(['/d/1']);
    const [key = ''] = /[0-9a-v]{16}(?=\/full)/.exec(first.urls[0]?.[0] ?? '') ?? [];
    const files = join(folder.path, 'files');
    const stored = await readdir(files, { recursive: true });
    const file = stored.find((name) => name.includes(`${key}.full`)) ?? '';
    const whole = await readFile(join(files, file));
    for (const options of [{}, { force: 'true' }]) {
      await truncate(join(files, file), 10);
      const again = await run(['/d/1'], options);
      assert.deepEqual(again.urls, first.urls);
      assert.deepEqual(await readFile(join(files, file)), whole);
    }
  });

  test('is made again with another preset, with force=true, and when its files are gone', async () => {
    await serve(['/c/1']);
    const first = await run(['/c/1']);
    const other = await run(['/c/1'], { preset: 'half-quality' });
    assert.deepEqual(other.asked, ['200 /c/1']);
    assert.equal(other.batch.reused, 0);
    const forced = await run(['/c/1'], { force: 'true' });
    assert.deepEqual(forced.asked, ['200 /c/1']);
    assert.equal(forced.batch.reused, 0);
    assert.deepEqual(forced.urls, first.urls);

    const [key = ''] = /[0-9a-v]{16}(?=\/full)/.exec(first.urls[0]?.[0] ?? '') ?? [];
    const files = join(folder.path, 'files');
    const gone = (await readdir(files, { recursive: true })).filter((name) => name.includes(`${key}.full`));
    assert.equal(gone.length, 1);
    await rm(join(files, gone[0] ?? ''));
    const again = await run(['/c/1']);
    assert.deepEqual(again.asked, ['200 /c/1']);
    assert.equal(again.batch.reused, 0);
    assert.deepEqual(again.urls, first.urls);
  });
});
