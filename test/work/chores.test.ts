import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Services } from '../../src/services.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import { choresOf } from '../../src/work/chores.ts';
import { repeat } from '../../src/work/repeat.ts';
import { acceptUrls, claim, failed, madeOf, newServices, record } from '../support/batches.ts';
import { capturedLog, type LogLine } from '../support/logs.ts';
import { folderOf } from '../support/storage.ts';

/** One line of each message at `info` or above, as [message, counts]. */
function found(lines: LogLine[]): [string, Record<string, unknown>][] {
  return lines
    .filter(({ level, msg }) => level !== 'debug' && msg !== 'a batch ended')
    .map(({ msg, level: _level, time: _time, ...counts }) => [msg, counts]);
}

async function runAll(services: Services): Promise<LogLine[]> {
  const { log, lines } = capturedLog();
  const { signal } = new AbortController();
  for (const chore of choresOf({ ...services, log, signal })) await chore.run();
  return lines();
}

/** A killed worker leaves files that it had not recorded; they are old enough to be orphans. */
async function leaveOrphans(services: Services): Promise<void> {
  await acceptUrls(services, ['https://orphan.example/1.jpg']);
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  await madeOf(services, claimed.image);
  await record(services, [{ task: claimed.task, result: failed(claimed.image) }]);
  for (const entry of await readdir(folderOf(services.config), { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), 0, 0);
}

async function leaveDeadWorker({ database: { db } }: Services): Promise<void> {
  await sql`
    insert into workers (worker_id, machine, pid, version, slots, seen_at)
    values (${randomUUID()}, 'a', 1, '0', 1, now() - interval '2 hours')`.execute(db);
}

/** A batch past its deadline with one lead image, and one that follows it, of a host on hold. */
async function leaveExpired(services: Services): Promise<void> {
  const { db } = services.database;
  const url = 'https://held.example/1.jpg';
  await sql`
    insert into hosts (tenant_id, host, held_until) values (1, 'held.example', now() + interval '1 hour')`.execute(
    db,
  );
  const { batchId } = await acceptUrls(services, [url, url]);
  await sql`update batches set began_at = now() - interval '200 hours' where batch_id = ${batchId}`.execute(
    db,
  );
}

/** The event of the batch has a delivery that is due, and no task. */
async function leaveDeliveryWithoutTask(services: Services): Promise<void> {
  const { db } = services.database;
  await configureEndpoint(db, 1, { url: 'https://shop.example/hook', secret: 'whsec_x' });
  await acceptUrls(services, ['https://a.example/1.jpg']);
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  await record(services, [{ task: claimed.task, result: failed(claimed.image) }]);
  await sql`delete from pgboss.job where name = 'deliver_webhook'`.execute(db);
  await sql`update webhook_deliveries set next_attempt_at = now() - interval '2 minutes'`.execute(db);
}

async function leaveImageWithoutTask(services: Services): Promise<void> {
  await acceptUrls(services, ['https://lost.example/1.jpg']);
  await sql`delete from pgboss.job where name = 'process_image'`.execute(services.database.db);
}

async function leaveUnsettled(services: Services): Promise<void> {
  const { db } = services.database;
  const { batchId } = await acceptUrls(services, ['https://b.example/1.jpg']);
  await claim(services, 64);
  await sql`
    update images set state = 'failed', error_code = 'not_found', task_id = null, ended_at = now()
    where batch_id = ${batchId}`.execute(db);
  await sql`update batches set failed = 1 where batch_id = ${batchId}`.execute(db);
}

test('whatever chores repair is logged, in one line with its counts; nothing is logged when all is well', async () => {
  await using services = await newServices();
  const { db } = services.database;
  assert.deepEqual(found(await runAll(services)), []);
  await leaveOrphans(services);
  await leaveExpired(services);
  await leaveDeliveryWithoutTask(services);
  await leaveUnsettled(services);
  await leaveImageWithoutTask(services);
  await leaveDeadWorker(services);
  await sql`update storage_sweep set due_at = now()`.execute(db);
  assert.deepEqual(found(await runAll(services)), [
    ['the sweep repaired images and batches', { rescued: 1, expired: 2, settled: 1 }],
    ['webhook deliveries that had lost their task were queued again', { deliveries: 1 }],
    ['orphans were found in storage, and will be deleted', { orphans: 1, files: 2 }],
    ['dead workers were forgotten', { workers: 1 }],
  ]);
  assert.deepEqual(found(await runAll(services)), [
    ['files that no image refers to were deleted', { sets: 1, files: 2 }],
  ]);
  await sql`update storage_sweep set due_at = now() + interval '1 hour'`.execute(db);
  assert.deepEqual(found(await runAll(services)), []);
});

test('a chore that throws is logged by its name, and runs again', async () => {
  const { log, lines } = capturedLog();
  let runs = 0;
  const { promise: ranTwice, resolve } = Promise.withResolvers<void>();
  const stop = repeat(
    [
      {
        name: 'stumble',
        everyMs: 1,
        async run() {
          runs += 1;
          if (runs === 1) throw new Error('it stumbled');
          resolve();
        },
      },
    ],
    log,
  );
  await ranTwice;
  stop();
  assert.deepEqual(
    lines().map(({ level, chore, err, msg }) => [level, chore, err?.message, msg]),
    [['warn', 'stumble', 'it stumbled', 'a chore failed']],
  );
});
