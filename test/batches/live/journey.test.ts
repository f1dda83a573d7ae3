import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { migratedDatabase } from '../../support/database.ts';
import { readEvents, type ServerEvent } from '../../support/events.ts';
import { type Folder, newFolder } from '../../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../../support/minilab.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';
import { smallPicture } from '../../support/pictures.ts';

type Ranges = [number, number][];
type SlotsData = { completed: Ranges; failed: Ranges; processing: Ranges };

describe('the stream of a batch in a server with a worker', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    const picture = await smallPicture(1);
    folder = await newFolder();
    origin = await startOrigin((path) => (path.startsWith('/missing') ? undefined : picture));
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  function csvOf(count: number, isMissing: (i: number) => boolean): string {
    const rows = Array.from(
      { length: count },
      (_, i) => `${i + 1},P,${origin.url}/${isMissing(i) ? 'missing' : 'picture'}-${i}.jpg`,
    );
    return ['S. No.,Product Name,Input Image Urls', ...rows, ''].join('\n');
  }

  test('it tells progress, every slot and every failure once, and ends with the batch', async () => {
    const accepted = await json<Batch>(
      upload(
        minilab.url,
        csvOf(120, (i) => i % 10 === 3),
      ),
    );
    const states = await fetch(`${accepted.links.self}/states`);
    const since = states.headers.get('last-event-id') ?? '';
    const bytes = new Uint8Array(await states.arrayBuffer());
    assert.equal(bytes.length, 120);
    using stream = await readEvents(`${accepted.links.self}/events?since=${since}`);
    assert.equal(stream.status, 200);
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    assert.equal(stream.headers['cache-control'], 'no-store');
    assert.equal(stream.headers['x-accel-buffering'], 'no');
    await stream.ended;

    const { events } = stream;
    assert.deepEqual(stream.retries, [2000]);
    assert.equal(events.at(-1)?.event, 'done');
    assert.equal(events.at(-1)?.data['state'], 'completed_with_errors');
    const counts = ofType(events, 'progress').map(
      ({ data }) => (data['counts'] as Batch['counts']).completed,
    );
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    assert.equal(counts.at(-1), 108);
    const failed = ofType(events, 'image').map(({ data }) => data['slot']);
    assert.deepEqual(
      [...failed].toSorted((a, b) => Number(a) - Number(b)),
      Array.from({ length: 12 }, (_, i) => i * 10 + 4),
    );
    assert.match(String(ofType(events, 'image')[0]?.data['error_detail']), /Nothing was found/);
    assert.deepEqual(
      [...applied(bytes, events)],
      statesOf(120, (i) => (i % 10 === 3 ? 3 : 2)),
    );
    assert.equal(ofType(events, 'reset').length, 0);

    const again = await fetch(`${accepted.links.self}/events`, {
      headers: { 'last-event-id': stream.lastEventId },
    });
    assert.equal(again.status, 204, 'so an EventSource does not come back');
  });

  test('states: HEAD, 304, gzip, ranges, and what is no range', async () => {
    const accepted = await json<Batch>(
      upload(
        minilab.url,
        csvOf(30, (i) => i === 29),
      ),
    );
    await untilEnded(accepted.links.self);
    const url = `${accepted.links.self}/states`;
    const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    const expected = statesOf(30, (i) => (i === 29 ? 3 : 2));
    assert.equal(plain.headers.get('content-length'), '30');
    assert.equal(plain.headers.get('content-type'), 'application/octet-stream');
    assert.deepEqual([...new Uint8Array(await plain.arrayBuffer())], expected);
    const packed = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.deepEqual([...new Uint8Array(await packed.arrayBuffer())], expected);
    const etag = plain.headers.get('etag') ?? '';
    assert.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304);
    const part = await fetch(`${url}?from=29&to=30`);
    assert.deepEqual([...new Uint8Array(await part.arrayBuffer())], [2, 3]);
    for (const query of ['from=31', 'to=31', 'from=9&to=7', 'from=0']) {
      const refused = await fetch(`${url}?${query}`);
      assert.equal(refused.status, 400, query);
      await refused.body?.cancel();
    }
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
    const headOfEvents = await fetch(`${accepted.links.self}/events`, { method: 'HEAD' });
    assert.equal(headOfEvents.headers.get('content-type'), 'text/event-stream');
    assert.equal(
      (await fetch(`${minilab.url}/v1/batches/bat_00000000000000000000000000/events`)).status,
      404,
    );
  });

  test('the status says rates and what holds the batch up; lists count by state and search names', async () => {
    const csv = csvOf(3, () => false);
    const accepted = await json<Batch>(upload(minilab.url, csv, { name: 'Größe ÄRMEL' }));
    await untilEnded(accepted.links.self);
    const status = await json<Record<string, unknown>>(fetch(accepted.links.self));
    assert.deepEqual([status['rates'], status['held']], [[], []]);
    assert.ok(Number(status['zip_bytes']) > Number(status['bytes_out']));
    const list = await json<{ items: Batch[]; counts_by_state: Record<string, number> }>(
      fetch(`${minilab.url}/v1/batches?q=${encodeURIComponent('GRÖSSE'.replace('SS', 'ß'))}&counts=true`),
    );
    assert.deepEqual(
      list.items.map(({ id }) => id),
      [accepted.id],
    );
    assert.deepEqual(list.counts_by_state, {
      pending: 0,
      processing: 0,
      completed: 1,
      completed_with_errors: 0,
      failed: 0,
      cancelled: 0,
    });
  });
});

function ofType(events: ServerEvent[], type: string): ServerEvent[] {
  return events.filter(({ event }) => event === type);
}

function statesOf(count: number, state: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => state(i));
}

/** Applies `slots` events to states, as docs/progress.md says. */
function applied(bytes: Uint8Array, events: ServerEvent[]): Uint8Array {
  for (const { data } of ofType(events, 'slots')) {
    const { completed, failed, processing } = data as SlotsData;
    bytes.forEach((byte, i) => {
      if (byte === 1) bytes[i] = 0;
    });
    for (const [ranges, state] of [
      [processing, 1],
      [completed, 2],
      [failed, 3],
    ] as const)
      for (const [first, last] of ranges) bytes.fill(state, first - 1, last);
  }
  return bytes;
}
