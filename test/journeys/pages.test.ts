/** What a page needs to show a batch of any size: parts of it, and where they are. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ServerResponse } from 'node:http';
import { uuidOf } from '../../src/ids.ts';
import { sql } from 'kysely';
import { type Page, pageServer, type SheetImage, type Thumb } from '../support/page-server.ts';
import { type Batch, json, untilEnded } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

const { get, read, ended, accepted, problem, giveAway, database } = pageServer();

let origin: Origin;
let other: Origin; // another host
const answers = new Map<string, (response: ServerResponse) => void>();
before(async () => {
  const picture = await smallPicture(1);
  const serve = () =>
    startOrigin((path) => {
      const answer = answers.get(path);
      if (answer) return (_request, response) => answer(response);
      return path.startsWith('/ok/') ? picture : undefined;
    });
  [origin, other] = await Promise.all([serve(), serve()]);
});
after(() => Promise.all([origin[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]));

/** Rows of three images each: the second one fails with not_found, that of every third row with access_denied. */
async function catalogue(rows: number, fields: Record<string, string> = {}): Promise<Batch> {
  answers.set('/denied.jpg', (response) => void response.writeHead(403).end());
  const lines = Array.from({ length: rows }, (_, i) => {
    const failing = i % 3 === 2 ? `${other.url}/denied.jpg?${i}` : `${origin.url}/gone/${i}.jpg`;
    return `SKU-${i + 1},"Größe ${i + 1}","${origin.url}/ok/${i}-1.jpg,${failing},${other.url}/ok/${i}-3.jpg"`;
  });
  for (let i = 0; i < rows; i += 1)
    answers.set(`/denied.jpg?${i}`, (response) => void response.writeHead(403).end());
  return ended(`SKU,Product Name,Image\n${lines.join('\n')}\n`, fields);
}

test('a sheet shows any range of slots, with product and small picture, and filters by state, code and host', async () => {
  const batch = await catalogue(6);
  const sheet = (query: string) => read<Page<SheetImage>>(`/v1/batches/${batch.id}/sheet${query}`);
  const part = await sheet('?from_slot=8&limit=3');
  assert.deepEqual(
    part.items.map(({ slot, row, position, state, error_code }) => [slot, row, position, state, error_code]),
    [
      [8, 3, 2, 'failed', 'access_denied'],
      [9, 3, 3, 'completed', null],
      [10, 4, 1, 'completed', null],
    ],
  );
  assert.deepEqual(part.items[1]?.product, { name: 'Größe 3', sku: 'SKU-3', images: 3 });
  assert.equal(typeof part.items[1]?.saved_percent, 'number');
  assert.equal((await fetch(part.items[1]?.thumb?.url ?? '')).status, 200);
  const next = await sheet(`?limit=3&cursor=${part.next_cursor}`);
  assert.deepEqual(
    next.items.map(({ slot }) => slot),
    [11, 12, 13],
  );
  const slots = async (query: string) => (await sheet(query)).items.map(({ slot }) => slot);
  assert.deepEqual(await slots('?state=failed'), [2, 5, 8, 11, 14, 17]);
  assert.deepEqual(await slots('?code=access_denied'), [8, 17]);
  assert.deepEqual(await slots('?code=access_denied,not_found&from_slot=9'), [11, 14, 17]);
  assert.deepEqual(await slots('?code=access_denied,%20not_found&limit=1'), [2]);
  assert.deepEqual(await slots('?slots=11,3,999999'), [3, 11]);
  assert.deepEqual(await slots('?slots=8,9,11&state=failed'), [8, 11]);
  const host = new URL(other.url).host;
  assert.deepEqual(await slots(`?host=${host}&limit=3`), [3, 6, 8]);
  assert.deepEqual(await slots(`?host=${host}&code=not_found`), []);
  const images = await read<Page<{ slot: number }>>(
    `/v1/batches/${batch.id}/images?from_slot=17&code=access_denied`,
  );
  assert.deepEqual(
    images.items.map(({ slot }) => slot),
    [17],
  );
  for (const path of ['sheet', 'find?q=1', 'failures', 'images', 'failed.csv?code=not_found'])
    assert.deepEqual(
      await problem(`/v1/batches/bat_01h455vb4pex5vsknk084sn02q/${path}`),
      [404, 'not_found'],
      path,
    );
});

type Found = { row: number; slot: number; matched: string; product: { sku: string } };

test('rows are found by number, SKU, name and URL, in any case, exact matches first', async () => {
  const batch = await catalogue(12);
  const find = async (q: string, more = '') =>
    read<Page<Found>>(`/v1/batches/${batch.id}/find?q=${encodeURIComponent(q)}${more}`);
  const found = async (q: string) =>
    (await find(q)).items.map(({ row, slot, matched }) => [row, slot, matched]);
  assert.deepEqual(await found('5'), [[5, 13, 'row']]);
  assert.deepEqual(await found('SKU-11'), [[11, 31, 'sku']]);
  assert.deepEqual(await found('sku-12'), [[12, 34, 'sku']]);
  assert.deepEqual(await found('GRÖSSE 7'), [], 'ß has no upper case of one letter');
  assert.deepEqual(await found('grÖße 7'), [[7, 19, 'name']]);
  assert.deepEqual(await found(`${other.url}/ok/4-3.jpg`), [[5, 15, 'url']]);
  assert.deepEqual(await found('OK/4-3.J'), [[5, 15, 'url']]);
  assert.deepEqual(await found('100%_\\.*'), []);
  const rest: number[] = [];
  let page = await find('SKU-1', '&limit=2');
  assert.deepEqual(
    page.items.map(({ row, matched }) => [row, matched]),
    [
      [1, 'sku'],
      [10, 'sku'],
    ],
  );
  for (; page.next_cursor !== null; page = await find('SKU-1', `&limit=2&cursor=${page.next_cursor}`))
    rest.push(...page.items.map(({ row }) => row));
  rest.push(...page.items.map(({ row }) => row));
  assert.deepEqual(rest, [1, 10, 11, 12]);
});

type Failures = {
  code: string;
  title: string;
  sentence: string;
  advice: string;
  try_again: boolean;
  count: number;
  hosts: { host: string; count: number }[];
  images: { slot: number; source_url: string; product: { sku: string } }[];
};

test('failures stand together by code, with what to do, hosts and first images', async () => {
  const batch = await catalogue(9);
  const { items } = await read<Page<Failures>>(`/v1/batches/${batch.id}/failures`);
  assert.deepEqual(
    items.map(({ code, count, hosts, try_again }) => ({ code, count, hosts, try_again })),
    [
      {
        code: 'not_found',
        count: 6,
        hosts: [{ host: new URL(origin.url).host, count: 6 }],
        try_again: false,
      },
      {
        code: 'access_denied',
        count: 3,
        hosts: [{ host: new URL(other.url).host, count: 3 }],
        try_again: false,
      },
    ],
  );
  assert.deepEqual(
    items[0]?.images.map(({ slot }) => slot),
    [2, 5, 11],
  );
  assert.equal(items[0]?.images[0]?.source_url, `${origin.url}/gone/0.jpg`);
  assert.match(items[0]?.advice ?? '', /Correct these links/);
  const csv = async (query: string) =>
    (await (await get(`/v1/batches/${batch.id}/failed.csv${query}`)).text())
      .split('\n')
      .map((line) => line.split(',')[0]);
  assert.deepEqual(await csv('?code=access_denied'), ['SKU', 'SKU-3', 'SKU-6', 'SKU-9', '']);
  assert.deepEqual(await csv(`?host=${new URL(origin.url).host}&code=not_found,access_denied`), [
    'SKU',
    'SKU-1',
    'SKU-2',
    'SKU-4',
    'SKU-5',
    'SKU-7',
    'SKU-8',
    '',
  ]);
  const none = await ended(`Image\n${origin.url}/ok/1.jpg\n`);
  assert.deepEqual(await read(`/v1/batches/${none.id}/failures`), { items: [], next_cursor: null });
});

type ImageInFull = SheetImage & {
  batch_name: string;
  previous_id: string | null;
  next_id: string | null;
  siblings: { slot: number; thumb: Thumb | null }[];
  tries: { at: string; code: string; detail: string; http_status: number | null }[];
  failed_attempts: { error_code: string }[];
  final_url: string | null;
  timings: Record<'waited' | 'download' | 'make' | 'store', number> | null;
  problem: { title: string; advice: string } | null;
};

test('an image knows its product, its neighbours, its tries, and how long it took', async () => {
  const picture = await smallPicture(77);
  for (const path of ['/own/1.jpg', '/own/2.jpg'])
    answers.set(path, (response) => void response.end(picture));
  answers.set('/away.jpg', (response) => void response.writeHead(302, { location: '/own/1.jpg' }).end());
  const csv = `SKU,Product Name,Image\nA,Chair,"${origin.url}/away.jpg,${origin.url}/gone.jpg,${origin.url}/own/1.jpg"\nB,Table,${origin.url}/own/2.jpg\n`;
  const batch = await ended(csv, { name: 'Spring' });
  const { items } = await read<Page<SheetImage>>(`/v1/batches/${batch.id}/sheet`);
  const [first, second, third, fourth] = await Promise.all(
    items.map(({ id }) => read<ImageInFull>(`/v1/images/${id}`)),
  );
  assert.deepEqual([first?.batch_name, first?.product], ['Spring', { name: 'Chair', sku: 'A', images: 3 }]);
  assert.deepEqual(
    [first?.previous_id, first?.next_id, second?.previous_id],
    [null, items[1]?.id, items[0]?.id],
  );
  assert.deepEqual([third?.next_id, fourth?.next_id], [items[3]?.id, null]);
  assert.deepEqual(
    second?.siblings.map(({ slot, thumb }) => [slot, thumb !== null]),
    [
      [1, true],
      [3, true],
    ],
  );
  assert.deepEqual(fourth?.siblings, []);
  assert.equal(first?.final_url, `${origin.url}/own/1.jpg`);
  assert.deepEqual(
    second?.tries.map(({ code, http_status }) => [code, http_status]),
    [['not_found', 404]],
  );
  assert.equal(second?.failed_attempts[0]?.error_code, 'not_found');
  assert.equal(second?.problem?.title, 'Nothing at this address');
  const timed = [first, third, fourth].filter((image) => image?.timings);
  assert.ok(timed.length > 0);
  const { waited, download, make, store } = timed[0]?.timings ?? {};
  assert.ok([waited, download, make, store].every((ms) => Number.isInteger(ms) && Number(ms) >= 0));
  assert.ok(Number(make) > 0);
  const later = await ended(`Image\n${origin.url}/own/1.jpg\n`);
  const [reused] = (await read<Page<SheetImage>>(`/v1/batches/${later.id}/sheet`)).items;
  assert.equal(
    (await read<ImageInFull>(`/v1/images/${reused?.id}`)).timings,
    null,
    'nothing was made for it',
  );
});

test('a retry can wait for the end of its batch, and takes what was asked for together', async () => {
  const held: ServerResponse[] = [];
  const isRequested = Promise.withResolvers<void>();
  answers.set('/slow.jpg', (response) => {
    held.push(response);
    isRequested.resolve();
  });
  const urls = ['/gone/a.jpg', '/slow.jpg'].map((path) => `${origin.url}${path}`);
  answers.set('/denied.jpg', (response) => void response.writeHead(403).end());
  const batch = await accepted(
    `Image\n${[...urls, `${other.url}/denied.jpg`, `${other.url}/gone/b.jpg`].join('\n')}\n`,
  );
  await isRequested.promise;
  const retry = (query: string) => get(`/v1/batches/${batch.id}/retry${query}`, { method: 'POST' });
  assert.equal((await retry('')).status, 409);
  const planned = await retry(`?when_ended=true&code=not_found&host=${new URL(origin.url).host}`);
  assert.equal(planned.status, 202);
  const body = await json<Batch & { retry_planned: boolean; round: number }>(planned);
  assert.deepEqual([body.state, body.retry_planned, body.round], ['processing', true, 1]);
  assert.equal((await retry('?when_ended=true&code=access_denied')).status, 202);
  const before = new Map([...origin.requests, ...other.requests]);
  answers.delete('/slow.jpg');
  for (const response of held) response.writeHead(404).end();
  let now = body;
  while (now.round === 1) now = await json(get(`/v1/batches/${batch.id}?wait=5`)); // its round ends, then the next one begins
  now = (await untilEnded(batch.links.self)) as typeof now;
  assert.deepEqual([now.round, now.retry_planned, now.counts.failed], [2, false, 4]);
  const again = (path: string) =>
    (origin.requests.get(path) ?? 0) + (other.requests.get(path) ?? 0) - (before.get(path) ?? 0);
  assert.deepEqual(['/gone/a.jpg', '/slow.jpg', '/denied.jpg', '/gone/b.jpg'].map(again), [1, 1, 1, 0]);
  assert.equal(
    (await retry('?when_ended=true&code=dns_failed')).status,
    409,
    'it has ended: at once, and nothing to do',
  );
});

test('hosts are found by name and state, and those of a batch with its images', async () => {
  const batch = await catalogue(3);
  const [mine, hers] = [origin, other].map(({ url }) => new URL(url).host);
  type Host = { host: string; waiting?: number; failed?: number };
  const hosts = async (query: string) => (await read<Page<Host>>(`/v1/hosts?${query}`)).items;
  const counted = (await hosts(`batch=${batch.id}`)).map(({ host, waiting, failed }) => [
    host,
    waiting,
    failed,
  ]);
  assert.deepEqual(
    counted,
    [
      [mine, 0, 2],
      [hers, 0, 1],
    ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  const port = String(mine).split(':')[1];
  assert.deepEqual(
    (await hosts(`q=${port}&state=open`)).map(({ host }) => host),
    [mine],
  );
  assert.deepEqual(await hosts(`q=${port}&state=held,parked,given_up`), []);
  assert.deepEqual(await problem('/v1/hosts?state=closed'), [400, 'bad_request']);
  assert.deepEqual(await problem('/v1/hosts?batch=bat_01h455vb4pex5vsknk084sn02q'), [404, 'not_found']);
});

test("somebody else's batch and images are not there, in the words for what never was", async () => {
  const batch = await catalogue(3);
  const { items } = await read<Page<SheetImage>>(`/v1/batches/${batch.id}/sheet`);
  const image = items[0]?.id ?? '';
  await giveAway(batch);
  const paths = [
    ...['sheet', 'find?q=SKU', 'failures', 'images', 'failed.csv'].map(
      (path) => `/v1/batches/${batch.id}/${path}`,
    ),
    `/v1/hosts?batch=${batch.id}`,
    `/v1/images/${image}`,
  ];
  for (const path of paths) {
    const unknown = path
      .replace(batch.id, 'bat_01h455vb4pex5vsknk084sn02q')
      .replace(image, 'img_01h455vb4pex5vsknk084sn02q');
    const [hers, nobodys] = await Promise.all([get(path), get(unknown)]);
    assert.equal(hers.status, 404, path);
    const own = (await hers.text())
      .replace(batch.id, 'bat_01h455vb4pex5vsknk084sn02q')
      .replace(image, 'img_01h455vb4pex5vsknk084sn02q');
    assert.equal(own, await nobodys.text(), path);
  }
  assert.equal((await get(`/v1/batches/${batch.id}/retry?when_ended=true`, { method: 'POST' })).status, 404);
  const { rows } = await sql<{ planned: boolean }>`
    select planned_retries is not null as planned from batches where batch_id = ${uuidOf('bat', batch.id)}`.execute(
    database().db,
  );
  assert.deepEqual(rows, [{ planned: false }]);
});
