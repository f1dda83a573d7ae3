import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../../src/batches/batch.ts';
import { lockBatches, writeCounters } from '../../../src/batches/counters.ts';
import { settleBatches } from '../../../src/batches/settle.ts';
import type { Db } from '../../../src/db/database.ts';
import { newUuid } from '../../../src/ids.ts';
import type { Services } from '../../../src/services.ts';
import { acceptUrls } from '../../support/batches.ts';
import { type EventReader, readEvents } from '../../support/events.ts';
import { isProgressOf, type Live, newLive, slotsOf, urls, work } from '../../support/live.ts';

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
  const keys = await insertBatches(live.services.database.db, 500);
  const streams = await openAll(keys.map((key) => `${live.urlOf(key)}/events`));
  await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'progress')));
  await countPolls(live, async () => {
    for (let i = 0; i < 500; i += 100) await failAll(live.services, keys.slice(i, i + 100));
    await Promise.all(streams.map(({ ended }) => ended));
  });
  for (const { events } of streams) assert.deepEqual(slotsOf(events), [1]);
});

/** Batches of one image each, inserted as the intake does, but without tasks. */
async function insertBatches(db: Db, count: number): Promise<BatchKey[]> {
  const ids = Array.from({ length: count }, () => newUuid());
  await sql`
    insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256, products, images)
    select 1, id, 'a', 'web', '[]', '{"columns": {"images": 0}}', 1, '', 1, 1 from unnest(${ids}::uuid[]) id`.execute(
    db,
  );
  await sql`
    insert into images (tenant_id, image_id, batch_id, slot, row_number, position, url, host, lead_slot)
    select 1, id, id, 1, 1, 1, 'http://a/', 'a', 1 from unnest(${ids}::uuid[]) id`.execute(db);
  return ids.map((batchId) => ({ tenantId: 1, batchId }));
}

/** Ends the only image of each batch, as a group of results does. */
async function failAll({ database, feed }: Services, keys: BatchKey[]): Promise<void> {
  await database.db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, keys);
    await sql`
      update images set state = 'failed', error_code = 'not_found', ended_at = now()
      where batch_id = any(${[...batches.keys()]}::uuid[])`.execute(trx);
    for (const batch of batches.values()) {
      batch.failed = 1;
      batch.errorsByCode = { not_found: 1 };
      batch.endedSlots.failed.push('{[1,2)}');
    }
    await writeCounters(trx, batches);
    await settleBatches(trx, batches.values(), feed);
  });
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
  const keys = await insertBatches(services.database.db, 50);
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
  await failAll(services, keys);
  for (const response of await Promise.all(waits)) assert.equal(response.status, 200);
  const polls = 2 + (performance.now() - began) / 250;
  assert.ok(live.statements() - before <= 2 * polls);
});
