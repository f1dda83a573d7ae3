import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import type { Services } from '../../src/services.ts';
import { acceptUrls, claim, failed, record } from '../support/batches.ts';
import { register, setUpWebhooks } from '../support/webhook-setup.ts';

type Told = { type: string; percent: number; state: string; round: number };

/** The events that were written of a batch, in their order. */
async function events({ database }: Services, { batchId }: BatchKey): Promise<Told[]> {
  const { rows } = await sql<{ body: string }>`
    select body from webhook_events where batch_id = ${batchId} order by event_id`.execute(database.db);
  return rows.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { batch: Told } };
    const { percent, state, round } = data.batch;
    return { type, percent, state, round };
  });
}

/** Claims and records images of the batches until none is left. */
async function work(services: Services, atOnce: number): Promise<void> {
  for (
    let claimed = await claim(services, atOnce);
    claimed.length > 0;
    claimed = await claim(services, atOnce)
  )
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
}

const urls = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `https://a.example/${i}.jpg`);

test('an endpoint that asks for it is told of the begin and each 10 %, once each, and never after the end', async () => {
  await using setup = await setUpWebhooks();
  const { services, api } = setup;
  const event_types = ['batch.started', 'batch.progress', 'batch.failed'];
  await register(api, { url: 'https://shop.example/hook', event_types });
  const batch = await acceptUrls(services, urls(40));
  await work(services, 3);
  const written = await events(services, batch);
  assert.deepEqual(written[0], { type: 'batch.started', percent: 0, state: 'processing', round: 1 });
  assert.deepEqual(written.at(-1), { type: 'batch.failed', percent: 100, state: 'failed', round: 1 });
  const progress = written.slice(1, -1);
  assert.ok(progress.every(({ type, state }) => type === 'batch.progress' && state === 'processing'));
  assert.deepEqual(
    progress.map(({ percent }) => Math.floor(percent / 10)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('images that pass several steps at once are one event; a batch that ends at once has no progress', async () => {
  await using setup = await setUpWebhooks();
  const { services, api } = setup;
  await register(api, { url: 'https://shop.example/hook', event_types: ['batch.progress'] });
  const batch = await acceptUrls(services, urls(4));
  await work(services, 3);
  const single = await acceptUrls(services, urls(1));
  await work(services, 3);
  assert.deepEqual(
    (await events(services, batch)).map(({ type, percent }) => [type, percent]),
    [
      ['batch.progress', 75],
      ['batch.failed', 100],
    ],
  );
  assert.deepEqual(
    (await events(services, single)).map(({ type }) => type),
    ['batch.failed'],
  );
});

test('a retry begins another round, with its own begin and progress', async () => {
  await using setup = await setUpWebhooks();
  const { services, api } = setup;
  await register(api, { url: 'https://shop.example/hook', event_types: ['batch.started', 'batch.progress'] });
  const batch = await acceptUrls(services, urls(2));
  await work(services, 1);
  await retryBatch(services.database.db, batch, { filter: {}, feed: services.feed });
  await work(services, 1);
  const of = (round: number) => [
    { type: 'batch.started', percent: 0, state: 'processing', round },
    { type: 'batch.progress', percent: 50, state: 'processing', round },
    { type: 'batch.failed', percent: 100, state: 'failed', round },
  ];
  assert.deepEqual(await events(services, batch), [...of(1), ...of(2)]);
});

test('without an endpoint that asks for them, neither is written', async () => {
  await using setup = await setUpWebhooks();
  const { services, api } = setup;
  await register(api, { url: 'https://shop.example/usual' });
  await register(api, {
    url: 'https://shop.example/off',
    event_types: ['batch.started', 'batch.progress'],
    disabled: true,
  });
  const batch = await acceptUrls(services, urls(20));
  await work(services, 2);
  assert.deepEqual(
    (await events(services, batch)).map(({ type }) => type),
    ['batch.failed'],
  );
});
