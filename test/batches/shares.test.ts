import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { acceptUrls, claim, failed, newServices, record } from '../support/batches.ts';

const PERMITS = 2; // of every host here, so that 8 of its images are in the window of a batch alone
const TURNS_PER_SWEEP = 15; // downloads of 200 ms, and a sweep every 3 s

function slowHosts(): ReturnType<typeof newServices> {
  return newServices({ HOST_CONCURRENCY: String(PERMITS) });
}

function urls(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `https://one.example/${name}/${i}.jpg`);
}

async function inQueue({ database }: Services, { batchId }: BatchKey): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from images where batch_id = ${batchId} and state = 'queued'`.execute(database.db);
  return rows[0]?.n ?? 0;
}

/** As many downloads as the host allows at a time, again and again, with a sweep in between. */
async function work(services: Services, turns: number, sweepEvery = TURNS_PER_SWEEP): Promise<void> {
  for (let turn = 1; turn <= turns; turn += 1) {
    const claimed = await claim(services, PERMITS);
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
    if (turn % sweepEvery === 0) await sweep(services.database.db, services.feed);
  }
}

async function done({ database }: Services, batches: BatchKey[]): Promise<number[]> {
  const rows = await Promise.all(batches.map((batch) => findBatch(database.db, batch)));
  return rows.map((row) => row?.failed ?? 0);
}

test('beside a large batch that has all of a host, one image of the same host is done after a few downloads', async () => {
  await using services = await slowHosts();
  const large = await acceptUrls(services, urls('large', 250));
  assert.equal(await inQueue(services, large), 8);
  const small = await acceptUrls(services, urls('small', 1));
  assert.equal(await inQueue(services, small), 1);
  await work(services, 5);
  assert.deepEqual(await done(services, [large, small]), [9, 1]);
  assert.equal(await inQueue(services, large), 8, 'and the large one has the host to itself again');
});

test('two large batches of one host have equal shares of it', async () => {
  await using services = await slowHosts();
  const first = await acceptUrls(services, urls('first', 250));
  await work(services, 20); // its images that have priority
  const second = await acceptUrls(services, urls('second', 250));
  await work(services, 40);
  assert.deepEqual([await inQueue(services, first), await inQueue(services, second)], [4, 4]);
  const [before = 0, behind = 0] = await done(services, [first, second]);
  await work(services, 20);
  assert.deepEqual(await done(services, [first, second]), [before + 20, behind + 20]);
});

test('24 small batches beside a large one of the same host are done soon, and the large one goes on', async () => {
  await using services = await slowHosts();
  const large = await acceptUrls(services, urls('large', 500));
  await work(services, 20);
  const small: BatchKey[] = [];
  for (let i = 0; i < 24; i += 1) small.push(await acceptUrls(services, urls(`small-${i}`, 2)));
  const [before = 0] = await done(services, [large]);
  await work(services, 6 * TURNS_PER_SWEEP);
  assert.deepEqual(
    await done(services, small),
    small.map(() => 2),
  );
  assert.deepEqual(await done(services, [large]), [before + 6 * TURNS_PER_SWEEP * PERMITS - 24 * 2]);
});

test('of more large batches than a host can serve at a time none waits for the end of another', async () => {
  await using services = await slowHosts();
  const batches: BatchKey[] = [];
  for (let i = 0; i < 24; i += 1) batches.push(await acceptUrls(services, urls(`large-${i}`, 100)));
  await work(services, 120, 5); // a lot misses one of them 24 times in a row in one of a million runs
  const counts = await done(services, batches);
  assert.ok(Math.min(...counts) > 0, String(counts));
  assert.ok(Math.max(...counts) < 100, String(counts));
});

test('a thousand hosts on hold do not keep the images of another host waiting', async () => {
  await using services = await slowHosts();
  const { db } = services.database;
  const held = Array.from({ length: 1_200 }, (_, i) => `held-${i}.example`);
  await sql`
    insert into hosts (tenant_id, host, held_until)
    select 1, host, now() + interval '1 hour' from unnest(${held}::text[]) as host`.execute(db);
  const batch = await acceptUrls(services, [
    ...held.map((host) => `https://${host}/1.jpg`),
    ...urls('free', 3),
  ]);
  assert.equal(await inQueue(services, batch), 3);
  await sql`update hosts set parkings = 100`.execute(db);
  await sweep(db, services.feed);
  assert.ok((await inQueue(services, batch)) > 3, 'images of hosts that are given up are to end');
});

test('batches that are fed together share a host alike, and take no more of it than its room', async () => {
  await using services = await slowHosts();
  const batches: BatchKey[] = [];
  for (const name of ['a', 'b', 'c', 'd']) batches.push(await acceptUrls(services, urls(name, 100)));
  const claimed = await claim(services, 100);
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: failed(image) })),
  );
  const fed = await Promise.all(batches.map((batch) => inQueue(services, batch)));
  assert.deepEqual(fed, [2, 2, 2, 2]);
});
