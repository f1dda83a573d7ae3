import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const SECRET = 'Bearer of-the-supplier';

let picture: Buffer;
let place: Place; // for all: each has origins, and so hosts, of its own
before(async () => {
  picture = await smallPicture(1);
  place = await newPlace();
});
after(() => place[Symbol.asyncDispose]());

type Place = AsyncDisposable & { minilab: Running };

async function newPlace(): Promise<Place> {
  const folder = await newFolder();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase(), SECRETS_KEY: KEY };
  const minilab = await startMinilab('serve', settings);
  return {
    minilab,
    async [Symbol.asyncDispose]() {
      await minilab[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

type Host = {
  host: string;
  places: number;
  in_use: number;
  ceiling: number;
  held_until: string | null;
  parked: boolean;
  latency_ms: number | null;
  downloads_per_second: number;
  last_error: { code: string; detail: string } | null;
  headers: string[];
};

function put({ url }: Running, host: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/hosts/${encodeURIComponent(host)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function get({ url }: Running, host: string): Promise<Response> {
  return fetch(`${url}/v1/hosts/${encodeURIComponent(host)}`);
}

async function run(minilab: Running, urls: string[], fields: Record<string, string> = {}): Promise<Batch> {
  const accepted = await upload(minilab.url, `Image\n${urls.join('\n')}\n`, fields);
  return untilEnded((await json<Batch>(accepted)).links.self);
}

/** An origin that keeps the request headers of each path, and redirects some of them. */
async function keepingOrigin(redirects: Record<string, string> = {}) {
  const asked = new Map<string, Record<string, unknown>>();
  const origin = await startOrigin((path) => (request, response) => {
    asked.set(path, request.headers);
    const location = redirects[path];
    if (location === undefined) response.end(picture);
    else response.writeHead(302, { location }).end();
  });
  return { ...origin, asked, host: new URL(origin.url).host };
}

test('a host shows its permits, latency and last error; the list has pages', async () => {
  await using place = await newPlace(); // where no other host is known
  await using origin = await startOrigin((path) => (path === '/1.jpg' ? picture : undefined));
  const { host } = new URL(origin.url);
  await run(place.minilab, [`${origin.url}/1.jpg`]);
  const known = await json<Host>(get(place.minilab, host));
  assert.equal(known.host, host);
  assert.deepEqual([known.places, known.ceiling, known.in_use, known.headers], [6, 32, 0, []]);
  assert.ok((known.latency_ms ?? 0) > 0);
  assert.ok(known.downloads_per_second >= 0);
  assert.deepEqual([known.held_until, known.parked, known.last_error], [null, false, null]);
  await upload(place.minilab.url, 'Image\nhttp://127.0.0.1:1/x.jpg\n');
  while (!(await get(place.minilab, '127.0.0.1:1')).ok) await sleep(20);
  const dead = await json<Host>(get(place.minilab, '127.0.0.1:1'));
  assert.equal(dead.last_error?.code, 'connect_failed');

  type Page = { items: Host[]; next_cursor: string | null };
  const first = await json<Page>(fetch(`${place.minilab.url}/v1/hosts?limit=1`));
  const second = await json<Page>(fetch(`${place.minilab.url}/v1/hosts?limit=1&cursor=${first.next_cursor}`));
  assert.deepEqual(
    [...first.items, ...second.items].map((item) => item.host),
    [host, '127.0.0.1:1'].toSorted(),
  );
  assert.equal(second.next_cursor, null);
});

test('an operator sets a ceiling, and holds a host until they lift the hold', async () => {
  await using origin = await keepingOrigin();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const held = await json<Host>(put(place.minilab, origin.host, { ceiling: 3, held_until: until }));
  assert.deepEqual([held.ceiling, held.places, held.held_until], [3, 3, until]);
  const accepted = await json<Batch>(upload(place.minilab.url, `Image\n${origin.url}/1.jpg\n`));
  const waited = await json<Batch>(fetch(`${accepted.links.self}?wait=1`));
  assert.equal(waited.counts.completed, 0);
  assert.equal(origin.asked.size, 0);
  const lifted = await json<Host>(put(place.minilab, origin.host, { held_until: null }));
  assert.deepEqual([lifted.held_until, lifted.ceiling], [null, 3]);
  assert.equal((await untilEnded(accepted.links.self)).counts.completed, 1);
  assert.equal((await json<Host>(put(place.minilab, origin.host, { ceiling: null }))).ceiling, 32);
});

test('secret headers are sent to their own origin only, also when it redirects elsewhere and back', async () => {
  const redirects: Record<string, string> = { '/here.jpg': '/there.jpg' };
  await using other = await keepingOrigin(redirects);
  await using origin = await keepingOrigin(redirects);
  redirects['/away.jpg'] = `${other.url}/elsewhere.jpg`;
  redirects['/round.jpg'] = `${other.url}/back.jpg`;
  redirects['/back.jpg'] = `${origin.url}/home.jpg`;
  const answer = await put(place.minilab, origin.host, { headers: { Authorization: SECRET, 'X-Shop': '7' } });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  assert.deepEqual((JSON.parse(text) as Host).headers, ['authorization', 'x-shop']);
  assert.ok(!text.includes('supplier'));

  const paths = ['/1.jpg', '/here.jpg', '/away.jpg', '/round.jpg'];
  const ended = await run(place.minilab, [...paths.map((path) => origin.url + path), `${other.url}/own.jpg`]);
  assert.equal(ended.counts.completed, 5);
  const sentBy = (from: typeof origin): [string, unknown][] =>
    [...from.asked].map(([path, headers]): [string, unknown] => [path, headers['authorization']]);
  assert.deepEqual(Object.fromEntries(sentBy(origin)), {
    '/1.jpg': SECRET,
    '/here.jpg': SECRET,
    '/there.jpg': SECRET,
    '/away.jpg': SECRET,
    '/round.jpg': SECRET,
    '/home.jpg': undefined,
  });
  assert.deepEqual(
    sentBy(other).map(([, secret]) => secret),
    [undefined, undefined, undefined],
  );
});

test('requests have the User-Agent that is set for their host, else Minilab’s own', async () => {
  await using other = await keepingOrigin();
  await using origin = await keepingOrigin({ '/away.jpg': `${other.url}/elsewhere.jpg` });
  const set = { 'User-Agent': 'Supplier-Agreed/1.0', Accept: 'image/jpeg', Referer: 'https://shop.example/' };
  const answer = await json<Host>(put(place.minilab, origin.host, { headers: set }));
  assert.deepEqual(answer.headers, ['accept', 'referer', 'user-agent']);
  await run(place.minilab, [`${origin.url}/1.jpg`, `${origin.url}/away.jpg`]);
  const asked = origin.asked.get('/1.jpg') ?? {};
  assert.deepEqual(
    [asked['user-agent'], asked['accept'], asked['referer']],
    ['Supplier-Agreed/1.0', 'image/jpeg', 'https://shop.example/'],
  );
  assert.match(String(other.asked.get('/elsewhere.jpg')?.['user-agent']), /^minilab/i);
});

test('the error of an image that its host refuses says that headers can be set for the host', async () => {
  await using origin = await startOrigin(() => (_, response) => void response.writeHead(403).end());
  const { links } = await run(place.minilab, [`${origin.url}/1.jpg`]);
  type Images = { items: { error_code: string; error_detail: string }[] };
  const [image] = (await json<Images>(fetch(`${links.self}/images`))).items;
  assert.equal(image?.error_code, 'access_denied');
  assert.match(image.error_detail, /User-Agent.*PUT \/v1\/hosts\/\{host\}.*HTTP 403/);
});

test('secret headers are encrypted in the database, and without the key no request is sent', async () => {
  await using folder = await newFolder();
  const url = await migratedDatabase();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: url };
  await using origin = await keepingOrigin();
  {
    await using minilab = await startMinilab('serve --no-worker', { ...settings, SECRETS_KEY: KEY });
    assert.equal((await put(minilab, origin.host, { headers: { authorization: SECRET } })).status, 200);
  }
  const { db } = openDatabase(url, 1);
  const { rows } = await sql<{ text: string }>`
    select encode(secret_headers, 'escape') || hosts::text as text from hosts`.execute(db);
  assert.ok(rows[0] && !rows[0].text.includes('supplier'));
  await using minilab = await startMinilab('serve', settings);
  const refused = await put(minilab, origin.host, { headers: { authorization: SECRET } });
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /SECRETS_KEY/);
  const accepted = await json<Batch>(upload(minilab.url, `Image\n${origin.url}/1.jpg\n`));
  const waited = await json<Batch>(fetch(`${accepted.links.self}?wait=2`));
  assert.equal(waited.counts.failed, 0);
  assert.equal(origin.asked.size, 0);
  await put(minilab, origin.host, { headers: null, held_until: null });
  assert.equal((await untilEnded(accepted.links.self)).counts.completed, 1);
  await db.destroy();
});

test('headers that would break a request, or that Minilab sets, are refused by name, all at once', async () => {
  const answer = await put(place.minilab, 'shop.example', {
    headers: {
      Host: 'a',
      'Content-Length': '1',
      'If-None-Match': '"1"',
      'x y': 'b',
      'X-Line': 'a\r\nb: c',
      ok: '1',
    },
  });
  assert.equal(answer.status, 400);
  const { errors } = await json<{ errors: { at: string; code: string }[] }>(Promise.resolve(answer));
  assert.deepEqual(
    errors.map(({ at, code }) => [at, code]),
    [
      ['/headers/Host', 'header_refused'],
      ['/headers/Content-Length', 'header_refused'],
      ['/headers/If-None-Match', 'header_refused'],
      ['/headers/x y', 'header_name'],
      ['/headers/X-Line', 'header_value'],
    ],
  );
  assert.equal((await put(place.minilab, 'shop.example/path', { ceiling: 1 })).status, 400);
  assert.equal((await put(place.minilab, 'shop.example', { ceiling: 0 })).status, 400);
  assert.equal((await put(place.minilab, 'shop.example', { colour: 'red' })).status, 400);
  assert.equal((await get(place.minilab, 'shop.example')).status, 404);
});

test('other headers make another source: what was fetched without them is not reused', async () => {
  await using origin = await startOrigin(() => (request, response) => {
    const isAllowed = request.headers.authorization === SECRET;
    response
      .writeHead(200, { etag: '"same"', 'cache-control': 'max-age=3600' })
      .end(isAllowed ? picture : other);
  });
  const other = await smallPicture(2);
  const urls = [`${origin.url}/1.jpg`];
  const first = await run(place.minilab, urls);
  await put(place.minilab, new URL(origin.url).host, { headers: { authorization: SECRET } });
  const second = await run(place.minilab, urls);
  await put(place.minilab, new URL(origin.url).host, { headers: null });
  const third = await run(place.minilab, urls);
  const keys = await Promise.all(
    [first, second, third].map(async ({ links }) => (await fetch(links.output_csv)).text()),
  );
  assert.notEqual(keys[0], keys[1]);
  assert.equal(keys[0], keys[2]);
});

test('with the embedded database the key is a file that only its owner may read', async () => {
  await using folder = await newFolder();
  await using minilab = await startMinilab('serve', { DATA_DIR: folder.path });
  assert.equal((await put(minilab, 'shop.example', { headers: { 'x-key': 'a' } })).status, 200);
  const path = join(folder.path, 'secrets.key');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(Buffer.from(await readFile(path, 'utf8'), 'base64').length, 32);
});
