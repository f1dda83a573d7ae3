import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { listImages } from '../../src/images/image.queries.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { acceptUrls, claim, failed, newServices, record } from '../support/batches.ts';

async function passDeadline({ database }: Services): Promise<void> {
  await sql`update batches set began_at = now() - make_interval(hours => deadline_hours)`.execute(
    database.db,
  );
}

/** Puts a host on hold for longer than any batch runs. */
async function holdHost({ database }: Services, host: string): Promise<void> {
  await sql`
    insert into hosts (tenant_id, host, held_until) values (1, ${host}, now() + interval '30 days')`.execute(
    database.db,
  );
}

async function failClaimed(services: Services, problem: ImageProblem): Promise<number> {
  const claimed = await claim(services, 1_000);
  await record(
    services,
    claimed.map(({ task, image }) => ({
      task,
      result: { image, is: 'later', problem, inMs: 1_000, costsTry: false },
    })),
  );
  return claimed.length;
}

test('a host on hold for longer than the deadline does not keep a batch open', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const held = Array.from({ length: 300 }, (_, i) => `https://held.example/${i}.jpg`);
  const batch = await acceptUrls(services, [...held, ...held.slice(0, 50)]);
  await holdHost(services, 'held.example');
  await failClaimed(services, new ImageProblem('rate_limited', 'HTTP 429', { holdHostMs: 60_000 }));
  await sql`update images set due_at = now() where due_at is not null`.execute(db);

  await sweep(db, services.feed);
  assert.equal((await findBatch(db, batch))?.failed, 0, 'before the deadline it waits');

  await passDeadline(services);
  await sweep(db, services.feed);
  const ended = await findBatch(db, batch);
  assert.ok(ended);
  assert.deepEqual(
    [ended.state, ended.failed, ended.errors_by_code],
    ['failed', 350, { deadline_exceeded: 350 }],
  );
  const filter = { ...batch, states: undefined, code: undefined, afterSlot: 349, limit: 1 };
  const [image] = await listImages(db, filter);
  assert.match(
    image?.error_detail ?? '',
    /before the deadline of its batch\. \(its host had asked for a pause\)/,
  );
});

test('images that only wait for their turn are tried once after the deadline', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const urls = Array.from({ length: 200 }, (_, i) => `https://slow.example/${i}.jpg`);
  const batch = await acceptUrls(services, urls);
  await passDeadline(services);
  for (;;) {
    await sweep(db, services.feed);
    const claimed = await claim(services, 1_000);
    if (claimed.length === 0) break;
    assert.ok(claimed.every(({ image }) => image.deadlineAt.getTime() <= Date.now()));
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
  }
  const ended = await findBatch(db, batch);
  assert.deepEqual([ended?.state, ended?.errors_by_code], ['failed', { not_found: 200 }]);
});

test('a batch whose images cannot expire holds up no other', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const [broken, expired] = [
    await acceptUrls(services, ['https://held.example/1.jpg']),
    await acceptUrls(services, ['https://held.example/2.jpg']),
  ];
  await holdHost(services, 'held.example');
  await failClaimed(services, new ImageProblem('rate_limited', 'HTTP 429', { holdHostMs: 60_000 }));
  await passDeadline(services);
  const idle = await acceptUrls(services, ['https://a.example/1.jpg']);
  await failClaimed(services, new ImageProblem('server_error', 'HTTP 500'));
  await sql`update images set due_at = now() where due_at is not null`.execute(db);

  await sql`alter table webhook_events add check (batch_id <> ${sql.lit(broken.batchId)})`.execute(db);
  assert.equal((await sweep(db, services.feed)).failed.length, 1);
  assert.equal((await findBatch(db, expired))?.state, 'failed');
  const claimed = await claim(services, 10);
  assert.deepEqual(
    claimed.map(({ image }) => image.batchId),
    [idle.batchId],
  );
});

test('a step of the sweep that fails holds up no other', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const [lost, idle] = [
    await acceptUrls(services, ['https://a.example/1.jpg']),
    await acceptUrls(services, ['https://a.example/2.jpg']),
  ];
  const claimed = await claim(services, 2);
  for (const { task, image } of claimed) {
    if (image.batchId === lost.batchId) await services.queue.remove('process_image', [task]);
    else await record(services, [{ task, result: { image, is: 'returned', inMs: 0 } }]);
  }
  await sql`
    alter table images add constraint broken check (batch_id <> ${sql.lit(lost.batchId)} or state <> 'pending')`.execute(
    db,
  );
  assert.equal((await sweep(db, services.feed)).failed.length, 1);
  const [again, ...others] = await claim(services, 2);
  assert.deepEqual([again?.image.batchId, others], [idle.batchId, []]);
});
