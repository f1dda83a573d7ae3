import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Foundation } from '../../src/services.ts';
import { acceptUrls, claim, failed, newFoundation, record } from '../support/batches.ts';

const PERMITS = 2; // of every host here, so that 8 of its images are in the window of a batch alone
const TURNS_PER_SWEEP = 15; // downloads of 200 ms, and a sweep every 3 s

function slowHosts(): ReturnType<typeof newFoundation> {
  return newFoundation({ HOST_CONCURRENCY: String(PERMITS) });
}

function urls(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `https://one.example/${name}/${i}.jpg`);
}

async function inQueue({ database }: Foundation, { batchId }: BatchKey): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from images where batch_id = ${batchId} and state = 'queued'`.execute(database.db);
  return rows[0]?.n ?? 0;
}

/** As many downloads as the host allows at a time, again and again, with a sweep in between. */
async function work(foundation: Foundation, turns: number, sweepEvery = TURNS_PER_SWEEP): Promise<void> {
  for (let turn = 1; turn <= turns; turn += 1) {
    const claimed = await claim(foundation, PERMITS);
    await record(
      foundation,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
    if (turn % sweepEvery === 0) await sweep(foundation.database.db, foundation.feed);
  }
}

async function done({ database }: Foundation, batches: BatchKey[]): Promise<number[]> {
  const rows = await Promise.all(batches.map((batch) => findBatch(database.db, batch)));
  return rows.map((row) => row?.failed ?? 0);
}

test('beside a large batch that has all of a host, one image of the same host is done after a few downloads', async () => {
  await using foundation = await slowHosts();
  const large = await acceptUrls(foundation, urls('large', 250));
  assert.equal(await inQueue(foundation, large), 8);
  const small = await acceptUrls(foundation, urls('small', 1));
  assert.equal(await inQueue(foundation, small), 1);
  await work(foundation, 5);
  assert.deepEqual(await done(foundation, [large, small]), [9, 1]);
  assert.equal(await inQueue(foundation, large), 8, 'and the large one has the host to itself again');
});

test('two large batches of one host have equal shares of it', async () => {
  await using foundation = await slowHosts();
  const first = await acceptUrls(foundation, urls('first', 250));
  await work(foundation, 20); // its images that have priority
  const second = await acceptUrls(foundation, urls('second', 250));
  await work(foundation, 40);
  assert.deepEqual([await inQueue(foundation, first), await inQueue(foundation, second)], [4, 4]);
  const [before = 0, behind = 0] = await done(foundation, [first, second]);
  await work(foundation, 20);
  assert.deepEqual(await done(foundation, [first, second]), [before + 20, behind + 20]);
});

test('24 small batches beside a large one of the same host are done soon, and the large one goes on', async () => {
  await using foundation = await slowHosts();
  const large = await acceptUrls(foundation, urls('large', 500));
  await work(foundation, 20);
  const small: BatchKey[] = [];
  for (let i = 0; i < 24; i += 1) small.push(await acceptUrls(foundation, urls(`small-${i}`, 2)));
  const [before = 0] = await done(foundation, [large]);
  await work(foundation, 6 * TURNS_PER_SWEEP);
  assert.deepEqual(
    await done(foundation, small),
    small.map(() => 2),
  );
  assert.deepEqual(await done(foundation, [large]), [before + 6 * TURNS_PER_SWEEP * PERMITS - 24 * 2]);
});

test('of more large batches than a host can serve at a time none waits for the end of another', async () => {
  await using foundation = await slowHosts();
  const batches: BatchKey[] = [];
  for (let i = 0; i < 24; i += 1) batches.push(await acceptUrls(foundation, urls(`large-${i}`, 100)));
  await work(foundation, 120, 5); // a lot misses one of them 24 times in a row in one of a million runs
  const counts = await done(foundation, batches);
  assert.ok(Math.min(...counts) > 0, String(counts));
  assert.ok(Math.max(...counts) < 100, String(counts));
});

test('a thousand hosts on hold do not keep the images of another host waiting', async () => {
  await using foundation = await slowHosts();
  const { db } = foundation.database;
  const held = Array.from({ length: 1_200 }, (_, i) => `held-${i}.example`);
  await sql`
    insert into hosts (tenant_id, host, held_until)
    select 1, host, now() + interval '1 hour' from unnest(${held}::text[]) as host`.execute(db);
  const batch = await acceptUrls(foundation, [
    ...held.map((host) => `https://${host}/1.jpg`),
    ...urls('free', 3),
  ]);
  assert.equal(await inQueue(foundation, batch), 3);
  await sql`update hosts set parkings = 100`.execute(db);
  await sweep(db, foundation.feed);
  assert.ok((await inQueue(foundation, batch)) > 3, 'images of hosts that are given up are to end');
});
