import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { recordLostImages } from '../../src/work/record.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { acceptUrls, claim, failed, madeOf, newServices, record } from '../support/batches.ts';

function urls(host: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `https://${host}/${i}.jpg`);
}

/** Hosts of which the workers know that they can serve many downloads at a time. */
async function proven({ database }: Services, ...hosts: string[]): Promise<void> {
  await sql`
    insert into hosts (tenant_id, host, places) select 1, host, 32 from unnest(${hosts}::text[]) as host`.execute(
    database.db,
  );
}

async function inQueue({ database }: Services, { batchId }: BatchKey): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from images where batch_id = ${batchId} and state = 'queued'`.execute(database.db);
  return rows[0]?.n ?? 0;
}

test('of a large batch only a window is in the queue, and results bring the next images', async () => {
  await using services = await newServices();
  await proven(services, 'a.example');
  const batch = await acceptUrls(services, urls('a.example', 300));
  assert.equal(await inQueue(services, batch), 64);
  const claimed = await claim(services, 16);
  assert.deepEqual(
    claimed.map(({ image }) => image.slot).toSorted((a, b) => a - b),
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: failed(image) })),
  );
  assert.equal(await inQueue(services, batch), 64);
  const row = await findBatch(services.database.db, batch);
  assert.equal(row?.state, 'processing');
  assert.equal(row?.failed, 16);
  assert.deepEqual(row?.errors_by_code, { not_found: 16 });
});

test('a new batch shares the window, and does not wait behind the one before', async () => {
  await using services = await newServices();
  await proven(services, 'a.example', 'b.example');
  const first = await acceptUrls(services, urls('a.example', 300));
  const second = await acceptUrls(services, urls('b.example', 300));
  assert.equal(await inQueue(services, second), 32);
  const claimed = await claim(services, 64);
  const ofSecond = claimed.filter(({ image }) => image.batchId === second.batchId);
  assert.equal(ofSecond.length, 32, 'its first images go before the rest of the window');
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: failed(image) })),
  );
  assert.equal(await inQueue(services, first), 32);
});

test('beside thousands of images ten are done in a turn or two, and two large batches go on alike', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const turn = async (): Promise<void> => {
    const claimed = await claim(services, 24);
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
  };
  const failures = async (batch: BatchKey): Promise<number> => (await findBatch(db, batch))?.failed ?? 0;

  await proven(services, 'a.example', 'b.example', 'c.example');
  const large = await acceptUrls(services, urls('a.example', 3000));
  for (let i = 0; i < 5; i += 1) await turn();
  assert.equal(await failures(large), 120);
  const small = await acceptUrls(services, urls('b.example', 10));
  await turn();
  await turn();
  assert.equal(await failures(small), 10);

  const other = await acceptUrls(services, urls('c.example', 3000));
  const before = await failures(large);
  for (let i = 0; i < 30; i += 1) await turn();
  const [first, second] = [(await failures(large)) - before, await failures(other)];
  assert.equal(first + second, 720);
  assert.ok(Math.abs(first - second) < 72, `${first} and ${second}`);
});

test('a slow host fills only its part of the window', async () => {
  await using services = await newServices({ HOST_CONCURRENCY: '2' });
  const mixed = [...urls('slow.example', 100), ...urls('fast.example', 5)];
  await acceptUrls(services, mixed);
  const claimed = await claim(services, 64);
  const hosts = Map.groupBy(claimed, ({ image }) => new URL(image.url).host);
  assert.equal(hosts.get('slow.example')?.length, 8);
  assert.equal(hosts.get('fast.example')?.length, 5);
});

test('what is to be tried later waits without a place in the window, and comes back when it is due', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls('a.example', 1));
  const [first] = await claim(services, 1);
  assert.ok(first);
  const problem = new ImageProblem('server_error', 'HTTP 500');
  await record(services, [
    { task: first.task, result: { image: first.image, is: 'later', problem, inMs: 60_000, costsTry: true } },
  ]);
  await sweep(db, services.feed);
  assert.deepEqual(await claim(services, 1), []);
  await sql`update images set due_at = now() where batch_id = ${batch.batchId}`.execute(db);
  await sweep(db, services.feed);
  const [second] = await claim(services, 1);
  assert.equal(second?.image.tries, 1);
  assert.notEqual(second?.task.id, first.task.id);
});

test('a host that asks for a pause gets it for all its images, and none of them loses a try', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await proven(services, 'busy.example');
  await acceptUrls(services, [...urls('busy.example', 100), ...urls('free.example', 1)]);
  const claimed = await claim(services, 65);
  const busy = claimed.filter(({ image }) => image.url.includes('busy'));
  const problem = new ImageProblem('rate_limited', 'HTTP 429', { holdHostMs: 60_000, retryAfterMs: 60_000 });
  await record(
    services,
    busy.map(({ task, image }) => ({
      task,
      result: { image, is: 'later', problem, inMs: 60_000, costsTry: false },
    })),
    [{ tenantId: 1, host: 'busy.example', is: 'refused', latencyMs: 20, isLimited: false, problem }],
  );
  await sweep(db, services.feed);
  const next = await claim(services, 65);
  assert.deepEqual(
    next.filter(({ image }) => image.url.includes('busy')),
    [],
  );
  await sql`update hosts set held_until = now()`.execute(db);
  await sql`update images set due_at = now() where due_at is not null`.execute(db);
  await sweep(db, services.feed);
  const after = await claim(services, 65);
  assert.ok(after.length >= 60);
  assert.ok(after.every(({ image }) => image.tries === 0));
});

test('an image whose task was lost is found and queued again; one that is handed back loses no try', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls('a.example', 2));
  const [first, second] = await claim(services, 2);
  assert.ok(first && second);
  await services.queue.remove('process_image', [first.task]);
  await record(services, [{ task: second.task, result: { image: second.image, is: 'returned' } }]);
  await sweep(db, services.feed);
  const again = await claim(services, 2);
  assert.deepEqual(
    again.map(({ image }) => [image.slot, image.tries]).toSorted(([a = 0], [b = 0]) => a - b),
    [
      [1, 0],
      [2, 0],
    ],
  );
  assert.equal((await findBatch(db, batch))?.processing, 2);
});

test('a worker that lost its lease records nothing', async () => {
  await using services = await newServices();
  const batch = await acceptUrls(services, urls('a.example', 1));
  const [zombie] = await claim(services, 1);
  assert.ok(zombie);
  const stale = { ...zombie.task, attempt: zombie.task.attempt + 1 };
  await record(services, [{ task: stale, result: failed(zombie.image) }]);
  assert.equal((await findBatch(services.database.db, batch))?.failed, 0);
  await record(services, [{ task: zombie.task, result: failed(zombie.image) }]);
  await record(services, [{ task: zombie.task, result: failed(zombie.image) }]);
  assert.equal((await findBatch(services.database.db, batch))?.failed, 1);
});

test('of two attempts of one task that a worker records together, the last one counts', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const once = await acceptUrls(services, urls('a.example', 1));
  const [alone] = await claim(services, 1);
  assert.ok(alone);
  await record(services, [{ task: alone.task, result: await madeOf(services, alone.image) }]);
  const twice = await acceptUrls(services, urls('b.example', 1));
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  const { task, image } = claimed;
  const result = await madeOf(services, image);
  const attempts = [task.attempt - 1, task.attempt];
  await record(
    services,
    attempts.map((attempt) => ({ task: { ...task, attempt }, result })),
  );
  const counts = async (batch: BatchKey) => {
    const row = await findBatch(db, batch);
    return [row?.completed, row?.bytes_in, row?.bytes_out];
  };
  assert.deepEqual(await counts(twice), await counts(once));
});

test('an image whose workers were lost again and again ends as worker_lost', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls('a.example', 1));
  const [claimed] = await claim(services, 1);
  await recordLostImages(db, [{ ...batch, taskId: claimed?.task.id ?? '' }], services.feed);
  assert.deepEqual((await findBatch(db, batch))?.errors_by_code, { worker_lost: 1 });
});

test('an image whose dead letter could not be recorded either is queued again', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await acceptUrls(services, urls('a.example', 1));
  const [first] = await claim(services, 1);
  assert.ok(first);
  const { task } = first;
  await services.queue.remove('process_image', [task]);
  const letter = { id: randomUUID(), data: { ...task.data, task_id: task.id } };
  await services.queue.insert('lost_image', [letter], db);
  await sweep(db, services.feed);
  assert.deepEqual(await claim(services, 1), [], 'its dead letter may yet end it');
  await sql`update pgboss.job set state = 'failed' where id = ${letter.id}`.execute(db);
  await sweep(db, services.feed);
  assert.equal((await claim(services, 1)).length, 1);
});

test('the tables refuse states that do not go together', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await acceptUrls(services, urls('a.example', 100));
  for (const nonsense of [
    sql`update images set state = 'completed'`,
    sql`update images set state = 'done'`,
    sql`update images set state = 'failed', ended_at = now()`,
    sql`update images set task_id = null where state = 'queued'`,
    sql`update images set error_code = 'not_found'`,
    sql`update batches set state = 'completed'`,
    sql`update batches set ended_at = now(), state = 'completed', completed = 99`,
    sql`update batches set failed = images + 1`,
  ])
    await assert.rejects(nonsense.execute(db), { code: '23514' });
});
