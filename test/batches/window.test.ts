import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { acceptUrls, claim, type Claimed, failed, newServices, record } from '../support/batches.ts';

const MANY = 300; // more batches than one sweep feeds

function urls(host: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `https://${host}/${i}.jpg`);
}

/** Of each of these hosts, what there is to know. */
async function know(
  { database }: Services,
  hosts: string[],
  what: { held?: boolean; places?: number; failures?: number },
): Promise<void> {
  const { held = false, places = 32, failures = 0 } = what;
  await sql`
    insert into hosts (tenant_id, host, places, connect_failures, held_until)
    select 1, host, ${places}, ${failures}, case when ${held} then now() + interval '1 hour' end
    from unnest(${hosts}::text[]) as host
    on conflict (tenant_id, host) do update set held_until = excluded.held_until, places = excluded.places,
      connect_failures = excluded.connect_failures`.execute(database.db);
}

async function inQueue({ database }: Services, { batchId }: BatchKey): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from images where batch_id = ${batchId} and state = 'queued'`.execute(database.db);
  return rows[0]?.n ?? 0;
}

async function putBack(services: Services, claimed: Claimed[], inMs: number): Promise<void> {
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: { image, is: 'returned', inMs } })),
  );
}

/** Batches with two images each; `hostOf` tells of which host. */
async function acceptMany(services: Services, count: number, hostOf: (i: number) => string): Promise<void> {
  for (let i = 0; i < count; i += 1) await acceptUrls(services, urls(hostOf(i), 2));
}

/** As many more like those that wait with nothing in the queue, evenly: uploads of so many take half a minute. */
async function copyWaiting({ database: { db } }: Services, count: number): Promise<void> {
  await sql`
    create table copies as select batch_id, gen_random_uuid() as copy_id
    from generate_series(1, ${count}::integer) n, batches b
    where not exists (select from images i where i.batch_id = b.batch_id and i.task_id is not null)
    order by n limit ${count}::integer`.execute(db);
  await sql`
    insert into batches select copy.* from batches b join copies using (batch_id),
      jsonb_populate_record(b, jsonb_build_object('batch_id', copy_id)) copy`.execute(db);
  await sql`
    insert into images select copy.* from images i join copies using (batch_id),
      jsonb_populate_record(i, jsonb_build_object('batch_id', copy_id, 'image_id', gen_random_uuid())) copy`.execute(
    db,
  );
  const { rows } = await sql<{ n: number }>`select count(*) as n from batches`.execute(db);
  assert.equal(rows[0]?.n, MANY);
}

async function comeDue({ database }: Services, { batchId }: BatchKey): Promise<void> {
  await sql`update images set due_at = now() where batch_id = ${batchId} and state = 'pending'`.execute(
    database.db,
  );
}

test('beside 300 batches of hosts on hold one sweep queues all due images of the one that can be fed', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const held = ['held.example', 'parked.example', 'quiet.example'];
  await know(services, held, { held: true, failures: 20 });
  await acceptMany(services, 6, (i) => held[i % held.length] ?? '');
  await copyWaiting(services, MANY - 6);
  assert.deepEqual(await claim(services, 10), []);

  const healthy = await acceptUrls(services, urls('a.example', 20));
  assert.equal(await inQueue(services, healthy), 20, 'as if it were alone');
  await putBack(services, await claim(services, 20), 3_600_000);
  await comeDue(services, healthy);
  await sweep(db, services.feed);
  assert.equal(await inQueue(services, healthy), 20);
});

test('beside 300 batches that wait for places of a slow host, one of another host is fed', async () => {
  await using services = await newServices({ HOST_CONCURRENCY: '2' });
  const { db } = services.database;
  await acceptMany(services, 24, () => 'slow.example');
  await copyWaiting(services, MANY - 24);
  assert.equal(
    (await claim(services, 1_000)).length,
    16,
    'twice its room, as more and more batches share it',
  );
  const healthy = await acceptUrls(services, urls('a.example', 8));
  await putBack(services, await claim(services, 8), 3_600_000);
  await comeDue(services, healthy);
  await sweep(db, services.feed);
  assert.equal(await inQueue(services, healthy), 8);
});

test('a batch that is only asked for a probe, or whose images are due later, leaves its share to the others', async () => {
  await using services = await newServices();
  const hosts = Array.from({ length: 40 }, (_, i) => `${i}.example`);
  await know(services, hosts, { failures: 20 });
  await acceptMany(services, hosts.length, (i) => hosts[i] ?? '');
  assert.equal((await claim(services, 100)).length, 40, 'one probe of each');
  await acceptUrls(services, urls('later.example', 10));
  await putBack(services, await claim(services, 10), 3_600_000);

  await know(services, ['a.example', 'b.example'], {});
  const first = await acceptUrls(services, urls('a.example', 100));
  assert.equal(await inQueue(services, first), 24, 'what the probes leave of 64');
  const second = await acceptUrls(services, urls('b.example', 100));
  assert.equal(await inQueue(services, second), 12);
  const claimed = await claim(services, 24);
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: failed(image) })),
  );
  assert.deepEqual([await inQueue(services, first), await inQueue(services, second)], [12, 12]);
});

test('more images than one step releases come due, and those of every batch are released at once', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await know(services, ['held.example'], { held: true });
  const many = await acceptUrls(services, urls('held.example', 1_500));
  await sql`update images set due_at = now() - interval '1 minute' where batch_id = ${many.batchId}`.execute(
    db,
  );
  const healthy = await acceptUrls(services, urls('a.example', 2));
  await putBack(services, await claim(services, 2), 3_600_000);
  await comeDue(services, healthy);
  await sweep(db, services.feed);
  assert.equal(await inQueue(services, healthy), 2);
});

test('the window of one tenant is not filled by the images that another has of the same host', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await sql`insert into tenants (tenant_id, token, name) values (2, ${'b'.repeat(32)}, 'other')`.execute(db);
  await acceptUrls(services, urls('a.example', 100));
  const other = await acceptUrls(services, urls('a.example', 100), { tenantId: 2 });
  assert.equal(await inQueue(services, other), 24);
});
