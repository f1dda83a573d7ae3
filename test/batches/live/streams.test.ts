import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { cancelBatch } from '../../../src/batches/cancel.ts';
import { retryBatch } from '../../../src/batches/retry.ts';
import { acceptUrls, claim } from '../../support/batches.ts';
import { readEvents } from '../../support/events.ts';
import { isProgressOf, newLive, slotsOf, urls, work } from '../../support/live.ts';

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
  await retryBatch(services.database.patient, key, { filter: {}, feed: services.feed });
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
  const slots = stream.events.find(({ event }) => event === 'slots');
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

test('who was away for thousands of changes is told to load all states, and nothing of what changed', async () => {
  await using live = await newLive();
  const { services } = live;
  const key = await acceptUrls(services, urls(5));
  await work(services, 4, 'fail');
  await sql`delete from batch_changes`.execute(services.database.db);
  await sql`
    insert into batch_changes (tenant_id, batch_id, version, round, ended, completed, failed)
    select 1, ${key.batchId}::uuid, 10 + n, 1, 4, '{}', '{[1,5)}' from generate_series(1, 2001) n`.execute(
    services.database.db,
  );
  await sql`update batches set version = 3000`.execute(services.database.db);
  using stream = await readEvents(`${live.urlOf(key)}/events?since=1-1`);
  await stream.until(({ event }) => event === 'progress');
  assert.deepEqual(
    stream.events.map(({ event }) => event),
    ['reset', 'slots', 'progress'],
  );
  using nearer = await readEvents(`${live.urlOf(key)}/events?since=1-11`);
  await nearer.until(({ event }) => event === 'progress');
  assert.deepEqual(nearer.events.find(({ event }) => event === 'slots')?.data['failed'], [[1, 4]]);
});
