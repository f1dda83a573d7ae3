import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { newFolder } from '../support/folder.ts';
import { runMinilab } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { photo } from '../support/pictures.ts';

const PHOTO = photo('friends_by_Aitzol_Berasategi.jpg');

type Hop = {
  url: string;
  status: number | null;
  address: string | null;
  is_reused: boolean;
  timings: Record<'dns' | 'connect' | 'tls' | 'first_byte', number | null>;
  location: string | null;
};
type Download = { ok: boolean; code: string | null; detail: string; hops: Hop[]; bytes: number | null } & {
  content_type: string | null;
  format: string | null;
  width: number | null;
  seconds: number;
};

async function fetchJson(url: string): Promise<Download & { exit: number | null }> {
  const { code, out } = await runMinilab(['fetch', url, '--json']);
  return { ...(JSON.parse(out) as Download), exit: code };
}

test('minilab fetch shows every hop of a download, with its address and its times, and the verdict', async () => {
  await using origin = await startOrigin((path) => {
    if (path === '/a') return (_, response) => response.writeHead(302, { location: '/b' }).end();
    if (path === '/b') return (_, response) => response.writeHead(301, { location: 'photo.jpg' }).end();
    return (_, response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(PHOTO);
  });
  const { exit, ok, code, hops, bytes, content_type, format, width, seconds } = await fetchJson(
    `${origin.url.replace('127.0.0.1', 'localhost')}/a`,
  );
  assert.deepEqual([exit, ok, code], [0, true, null]);
  assert.deepEqual(
    hops.map(({ status, address, location }) => [status, address, location]),
    [
      [302, '127.0.0.1', '/b'],
      [301, '127.0.0.1', 'photo.jpg'],
      [200, '127.0.0.1', null],
    ],
  );
  for (const { is_reused, timings } of hops) {
    const isConnected = !is_reused;
    assert.deepEqual(
      Object.values(timings).map((ms) => ms !== null),
      [isConnected, isConnected, false, true],
    );
  }
  assert.equal(hops[0]?.is_reused, false);
  assert.deepEqual(
    [bytes, content_type, format, typeof width],
    [PHOTO.length, 'image/jpeg', 'jpeg', 'number'],
  );
  assert.ok(seconds > 0 && seconds < 30);
});

test('minilab fetch exits with 3 and a code if there is no image', async () => {
  await using origin = await startOrigin((path) =>
    path === '/page' ? Buffer.from('<!doctype html><title>A shop</title>') : undefined,
  );
  const missing = await fetchJson(`${origin.url}/none.jpg`);
  assert.deepEqual([missing.exit, missing.ok, missing.code], [3, false, 'not_found']);
  assert.equal(missing.hops[0]?.status, 404);
  const page = await fetchJson(`${origin.url}/page`);
  assert.deepEqual([page.exit, page.code], [3, 'not_an_image']);
  assert.match(page.detail, /leads to a web page/);
  const refused = await fetchJson('http://10.0.0.5/x.jpg');
  assert.deepEqual([refused.exit, refused.code, refused.hops[0]?.address], [3, 'address_denied', null]);
  const nonsense = await fetchJson('ftp://example.com/');
  assert.deepEqual([nonsense.exit, nonsense.code, nonsense.hops], [3, 'invalid_url', []]);
});

test('minilab fetch shows a table to people', async () => {
  await using origin = await startOrigin(() => PHOTO);
  const { code, out } = await runMinilab(['fetch', `${origin.url}/photo.jpg`]);
  assert.equal(code, 0);
  assert.match(out, /^STATUS +ADDRESS +DNS +CONNECT +TLS +FIRST BYTE +URL\n200 +127\.0\.0\.1 /);
  assert.match(out, /It is an image: jpeg, \d+ x \d+ pixels, \d+\.\d kB|MB/);
});

test('Ctrl-C ends a download with exit code 130 and one object', async () => {
  await using folder = await newFolder();
  const asked = new EventEmitter();
  await using origin = await startOrigin(() => () => asked.emit('request'));
  await writeFile(join(folder.path, 'c.csv'), `Image\n${origin.url}/1.jpg\n`);
  for (const command of [
    ['fetch', `${origin.url}/1.jpg`],
    ['inspect', `${origin.url}/1.jpg`],
    ['check', 'c.csv', '--probe', '1'],
    ['audit', 'c.csv', '--channel', 'google'],
  ]) {
    const ran = runMinilab([...command, '--json'], {
      ...{ settings: { DATA_DIR: 'data' }, cwd: folder.path },
      onStart: (child) => void once(asked, 'request').then(() => child.kill('SIGINT')),
    });
    const { code, out, err } = await ran;
    assert.equal(code, 130, err);
    assert.match(err, /Stopped before the end/);
    assert.partialDeepStrictEqual(JSON.parse(out), { code: 'interrupted' });
  }
});
