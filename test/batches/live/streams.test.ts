import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { KyselyPlugin } from 'kysely';
import { BatchWatcher } from '../../../src/batches/live/batch-watcher.ts';
import { liveRoutes } from '../../../src/batches/live/live.routes.ts';
import { statusRoutes } from '../../../src/batches/status.routes.ts';
import { sweep } from '../../../src/batches/sweep.ts';
import { cancelBatch } from '../../../src/batches/cancel.ts';
import { retryBatch } from '../../../src/batches/retry.ts';
import type { BatchKey } from '../../../src/batches/batch.ts';
import type { Db } from '../../../src/db/database.ts';
import { publicId } from '../../../src/ids.ts';
import type { Services } from '../../../src/services.ts';
import { acceptUrls, claim, failed, madeOf, newServices, record, silent } from '../../support/batches.ts';
import { type EventReader, readEvents, type ServerEvent } from '../../support/events.ts';
import { startServer, type TestServer } from '../../support/http.ts';

type Live = AsyncDisposable & {
  services: Services;
  server: TestServer;
  /** statements of streams and waits */
  statements: () => number;
  allowed: { is: boolean };
  urlOf(key: BatchKey): string;
};

/** The API's routes of batches, with the database and queue of a test that does by hand what a worker does. */
async function newLive(): Promise<Live> {
  const services = await newServices();
  let count = 0;
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      count += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const db: Db = services.database.db.withPlugin(counting);
  const watcher = new BatchWatcher({ db, log: silent });
  const allowed = { is: true };
  const shared = {
    db: services.database.db,
    watcher,
    publicUrl: 'http://localhost',
    filesUrl: 'http://localhost/files',
    isStillAllowed: async () => allowed.is,
  };
  const server = await startServer((app) => {
    app.decorateRequest('principal');
    app.addHook('onRequest', async (request) => {
      request.principal = { tenantId: 1, scope: 'admin', key: undefined };
    });
    app.addHook('preClose', async () => watcher.close());
    void app.register(statusRoutes, shared);
    void app.register(liveRoutes, shared);
  });
  return {
    services,
    server,
    statements: () => count,
    allowed,
    urlOf: ({ batchId }) => `${server.url}/v1/batches/${publicId('bat', batchId)}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await services[Symbol.asyncDispose]();
    },
  };
}

function urls(count: number, name = 'a'): string[] {
  return Array.from({ length: count }, (_, i) => `http://127.0.0.${1 + (i % 50)}/${name}-${i}.jpg`);
}

/** Claims so many images, and records that they failed, or completed. The window holds 64 at once. */
async function work(services: Services, count: number, how: 'fail' | 'complete'): Promise<number[]> {
  const slots: number[] = [];
  while (slots.length < count) {
    const claimed = await claim(services, count - slots.length);
    assert.ok(claimed.length > 0, 'there are as many images');
    const finished = claimed.map(async ({ task, image }) => {
      return { task, result: how === 'fail' ? failed(image) : await madeOf(services, image) };
    });
    await record(services, await Promise.all(finished));
    slots.push(...claimed.map(({ image }) => image.slot));
  }
  return slots.toSorted((a, b) => a - b);
}

function slotsOf(events: ServerEvent[]): number[] {
  return events.filter(({ event }) => event === 'image').map(({ data }) => Number(data['slot']));
}

const isProgressOf =
  (failures: number) =>
  ({ event, data }: ServerEvent): boolean =>
    event === 'progress' && (data['counts'] as { failed: number }).failed === failures;

test('each failure is told exactly once, wherever the stream is cut', async () => {
  await using live = await newLive();
  const { services } = live;
  const key = await acceptUrls(services, urls(30));
  const first = await readEvents(`${live.urlOf(key)}/events`);
  await first.until(isProgressOf(0));
  await work(services, 10, 'fail');
  const whole = await first.until(isProgressOf(10));
  first.close();
  await work(services, 10, 'fail');
  await work(services, 10, 'complete');

  const ids = first.events.filter(({ event }) => event === 'image').map(({ id }) => id);
  assert.equal(new Set(ids).size, 10);
  const expected = slotsOf(first.events);
  for (const [i, id] of [...ids.entries(), [9, whole.id] as const]) {
    using again = await readEvents(`${live.urlOf(key)}/events`, { 'last-event-id': id });
    await again.ended;
    assert.equal(again.events.at(-1)?.event, 'done');
    assert.deepEqual(
      again.events.filter(({ event }) => event === 'reset'),
      [],
    );
    const told = slotsOf(again.events);
    assert.equal(told.length, 9 - i + 10, `after ${id}`);
    assert.deepEqual(told.slice(0, 9 - i), expected.slice(i + 1));
    assert.equal(new Set([...expected.slice(0, i + 1), ...told]).size, 20);
  }
});

test('of many failures at once the first are told, and how many were not', async () => {
  await using live = await newLive();
  const key = await acceptUrls(live.services, urls(60));
  using stream = await readEvents(`${live.urlOf(key)}/events`);
  await stream.until(isProgressOf(0));
  await work(live.services, 60, 'fail');
  await stream.ended;
  const told = slotsOf(stream.events).length;
  const leftOut = stream.events.filter(({ event }) => event === 'images_left_out');
  assert.equal(told + leftOut.reduce((sum, { data }) => sum + Number(data['count']), 0), 60);
  assert.ok(told >= 20);
});

test('a retried batch is a new stream, and who comes with an id of the round before begins anew', async () => {
  await using live = await newLive();
  const { services } = live;
  const key = await acceptUrls(services, urls(4));
  await work(services, 4, 'fail');
  using first = await readEvents(`${live.urlOf(key)}/events`);
  await first.ended;
  assert.equal(first.events.at(-1)?.event, 'done');
  const isOver = await fetch(`${live.urlOf(key)}/events?since=${first.lastEventId}`);
  assert.equal(isOver.status, 204);
  await retryBatch(services.database.patient, key, { code: undefined, feed: services.feed });
  using second = await readEvents(`${live.urlOf(key)}/events`, { 'last-event-id': first.lastEventId });
  await second.until(({ event }) => event === 'progress');
  assert.equal(second.events[0]?.event, 'reset');
  await work(services, 4, 'fail');
  await second.ended;
  assert.equal(second.events.at(-1)?.data['round'], 2);
  assert.deepEqual(slotsOf(second.events), [1, 2, 3, 4]);
});

test('a cancelled batch ends its stream, and its states are cancelled', async () => {
  await using live = await newLive();
  const { services } = live;
  const key = await acceptUrls(services, urls(40));
  await work(services, 5, 'complete');
  await claim(services, 3);
  using stream = await readEvents(`${live.urlOf(key)}/events`);
  await stream.until(({ event }) => event === 'slots');
  const [slots] = stream.events.filter(({ event }) => event === 'slots');
  assert.deepEqual(slots?.data['processing'], [[6, 8]]);
  await cancelBatch(services.database.db, key, services.feed);
  await stream.ended;
  assert.equal(stream.events.at(-1)?.data['state'], 'cancelled');
  const bytes = new Uint8Array(await (await fetch(`${live.urlOf(key)}/states`)).arrayBuffer());
  assert.deepEqual(
    [...bytes],
    Array.from({ length: 40 }, (_, i) => (i < 5 ? 2 : 4)),
  );
});

test('changes that a worker of an older version did not log lead to a reset', async () => {
  await using live = await newLive();
  const { services } = live;
  const key = await acceptUrls(services, urls(10));
  using stream = await readEvents(`${live.urlOf(key)}/events`);
  await stream.until(isProgressOf(0));
  await work(services, 2, 'fail');
  await stream.until(isProgressOf(2));
  await services.database.query('delete from batch_changes');
  await work(services, 8, 'fail');
  await services.database.query('delete from batch_changes');
  await stream.ended;
  assert.ok(stream.events.some(({ event }) => event === 'reset'));
});

test('500 streams of one batch cost no more statements than one', async () => {
  await using live = await newLive();
  const key = await acceptUrls(live.services, urls(60));
  const streams = await openAll(Array.from({ length: 500 }, () => `${live.urlOf(key)}/events`));
  await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'progress')));
  await countPolls(live, async () => {
    await work(live.services, 20, 'complete');
    await work(live.services, 20, 'fail');
    await Promise.all(streams.map((stream) => stream.until(isProgressOf(20))));
  });
  await work(live.services, 20, 'complete');
  await Promise.all(streams.map(({ ended }) => ended));
  for (const { events } of streams) {
    assert.equal(events.at(-1)?.event, 'done');
    assert.equal(slotsOf(events).length, 20);
  }
});

test('500 streams of 500 batches cost no more statements than one', async () => {
  await using live = await newLive();
  const keys: BatchKey[] = [];
  for (let i = 0; i < 500; i += 1) keys.push(await acceptUrls(live.services, urls(1, `b${i}`)));
  const streams = await openAll(keys.map((key) => `${live.urlOf(key)}/events`));
  await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'progress')));
  await countPolls(live, async () => {
    await workAll(live.services, 500);
    await Promise.all(streams.map(({ ended }) => ended));
  });
  for (const { events } of streams) assert.deepEqual(slotsOf(events), [1]);
});

/** Fails the images of many batches; the sweep feeds those for which there was no room in the window. */
async function workAll(services: Services, count: number): Promise<void> {
  for (let done = 0; done < count;) {
    const claimed = await claim(services, 64);
    if (claimed.length === 0) await sweep(services.database.db, services.feed);
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
    done += claimed.length;
  }
}

async function openAll(all: string[]): Promise<EventReader[]> {
  return Promise.all(all.map((url) => readEvents(url)));
}

/** Four statements a poll at most, whatever happens, and two polls a second at most. */
async function countPolls(live: Live, act: () => Promise<void>): Promise<void> {
  const [before, began] = [live.statements(), performance.now()];
  await act();
  const polls = 2 + (performance.now() - began) / 500;
  const statements = live.statements() - before;
  assert.ok(statements <= 4 * polls, `${statements} statements in ${polls} polls`);
}

test('nobody watches: no statement; long polls of many batches share one', async () => {
  await using live = await newLive();
  const { services } = live;
  const keys: BatchKey[] = [];
  for (let i = 0; i < 50; i += 1) keys.push(await acceptUrls(services, urls(1, `w${i}`)));
  const began = performance.now();
  const before = live.statements();
  const waits = keys.map((key) => fetch(`${live.urlOf(key)}?wait=30`));
  const gaveUp = new AbortController();
  const other = fetch(`${live.urlOf(keys[0] ?? { tenantId: 1, batchId: '' })}?wait=30`, {
    signal: gaveUp.signal,
  }).catch(() => {});
  while (live.statements() === before) await once(live.server.app.server, 'request').catch(() => {});
  gaveUp.abort();
  await other;
  await workAll(services, 50);
  for (const response of await Promise.all(waits)) assert.equal(response.status, 200);
  const polls = 2 + (performance.now() - began) / 250;
  assert.ok(live.statements() - before <= 2 * polls);
});
