import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { sweepStorage } from '../../src/batches/orphans.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { type Storage, StorageTrouble } from '../../src/storage/storage.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';
import {
  bringDue,
  completedOf,
  endLeases,
  finish,
  makeAndRecord,
  missingFiles,
  passMinute,
  purgeStates,
} from '../support/purging.ts';
import { folderOf } from '../support/storage.ts';

const never = new AbortController().signal;
const IDLE_MS = 2; // who asks again and again at once takes the time of those who race

async function filesOf({ config }: Services): Promise<string[]> {
  const entries = await readdir(folderOf(config), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('the files of a deleted batch go, except those that another batch refers to', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const first = await finish(services, ['https://a.example/1', 'https://a.example/2']);
  const second = await finish(services, ['https://a.example/2', 'https://a.example/3']);
  assert.equal((await filesOf(services)).length, 6);
  assert.equal(await deleteBatch(db, first), true);
  assert.equal(await deleteBatch(db, first), false);
  await purgeFiles(db, services.storage, never);
  assert.equal((await filesOf(services)).length, 4);
  assert.deepEqual(await missingFiles(services), []);
  await deleteBatch(db, second);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await filesOf(services), []);
  const { rows } = await sql`
    select hash16 from rendition_sets union all select hash16 from renditions
    union all select url from images union all select name from products`.execute(db);
  assert.deepEqual(rows, []);
});

test('an image whose files were removed while it was in work is done again, and loses no try', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const url = 'https://a.example/1';
  const old = await finish(services, [url]);
  const batch = await acceptUrls(services, [url]);
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  const result = await madeOf(services, claimed.image); // it finds the files of the old batch
  await deleteBatch(db, old);
  await purgeFiles(db, services.storage, never);
  await record(services, [{ task: claimed.task, result }]);
  const row = await findBatch(db, batch);
  assert.deepEqual([row?.completed, row?.bytes_in, row?.bytes_out], [0, 0, 0]);
  await bringDue(services);
  const again = await claim(services, 1);
  assert.equal(again[0]?.image.tries, 0);
  await makeAndRecord(services, again);
  assert.equal((await findBatch(db, batch))?.completed, 1);
  assert.deepEqual(await missingFiles(services), []);
});

test('files that could not all be removed are not referred to until they are', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const url = 'https://a.example/1';
  const old = await finish(services, [url]);
  const batch = await acceptUrls(services, [url]);
  const claimed = await claim(services, 1);
  await deleteBatch(db, old);
  const halfBroken: Storage = {
    ...services.storage,
    async remove([first = ''], signal) {
      await services.storage.remove([first], signal);
      throw new StorageTrouble('the storage is away');
    },
  };
  await assert.rejects(purgeFiles(db, halfBroken, never), StorageTrouble);
  await makeAndRecord(services, claimed);
  assert.equal(await completedOf(services, batch), 0);
  await purgeFiles(db, services.storage, never);
  assert.equal((await filesOf(services)).length, 2, 'the lease is still held');
  await endLeases(services);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await filesOf(services), []);
  await passMinute(services);
  await bringDue(services);
  await makeAndRecord(services, await claim(services, 1));
  assert.equal(await completedOf(services, batch), 1);
  assert.deepEqual(await missingFiles(services), []);
});

test('a purge that is cut off between removing and marking is done again by another worker, and nothing relies on its files for a minute', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const url = 'https://a.example/1';
  const old = await finish(services, [url]);
  await deleteBatch(db, old);
  const [removed, cutOff] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const late: Storage = {
    ...services.storage,
    async remove(keys, signal) {
      await services.storage.remove(keys, signal);
      removed.resolve();
      await cutOff.promise;
      return services.storage.remove(keys, signal); // what was under way when it was cut off
    },
  };
  const purging = purgeFiles(db, late, never);
  await removed.promise;
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await purgeStates(services), [{ state: 'removing', doubtful: false }]);
  await endLeases(services);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await purgeStates(services), [{ state: 'removed', doubtful: true }]);

  const batch = await acceptUrls(services, [url]);
  await makeAndRecord(services, await claim(services, 1));
  assert.equal(await completedOf(services, batch), 0, 'its files may still be removed');
  const { rows } = await sql<{ wait: number }>`
    select extract(epoch from due_at - now())::float8 as wait from images where batch_id = ${batch.batchId}`.execute(
    db,
  );
  assert.ok((rows[0]?.wait ?? 0) > 30, 'it is not made again and again meanwhile');
  cutOff.resolve();
  await purging;
  assert.deepEqual(await purgeStates(services), [{ state: 'removed', doubtful: true }]);

  await passMinute(services);
  await bringDue(services);
  await makeAndRecord(services, await claim(services, 1));
  assert.equal(await completedOf(services, batch), 1);
  assert.deepEqual(await missingFiles(services), []);
});

test('purges, deletions, searches and recordings of the same files at once never leave an image without its files', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const urls = Array.from({ length: 5 }, (_, i) => `https://a.example/${i}`);
  const BATCHES = 80;
  const AT_ONCE = 4;
  let [accepted, deleted, putBack, isOver] = [0, 0, 0, false];

  async function upload(): Promise<void> {
    const running = async () =>
      (await sql`select from batches where ended_at is null`.execute(db)).rows.length;
    while (accepted < BATCHES) {
      if ((await running()) >= AT_ONCE) {
        await sleep(IDLE_MS);
        continue;
      }
      await acceptUrls(services, urls.slice(randomInt(3), 3 + randomInt(3)));
      accepted += 1;
    }
  }

  async function work(): Promise<void> {
    while (!isOver) {
      const claimed = await claim(services, 1 + randomInt(3));
      if (claimed.length > 0) await makeAndRecord(services, claimed);
      else await sleep(IDLE_MS);
    }
  }

  async function chores(): Promise<void> {
    while (!isOver) {
      const { numAffectedRows = 0n } =
        await sql`update images set due_at = now() where due_at > now()`.execute(db);
      putBack += Number(numAffectedRows);
      await sweep(db, services.feed);
    }
  }

  async function deleteEnded(): Promise<void> {
    while (deleted < BATCHES) {
      const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
        select tenant_id, batch_id from batches where ended_at is not null order by random() limit 2`.execute(
        db,
      );
      for (const { tenant_id, batch_id } of rows) {
        await deleteBatch(db, { tenantId: tenant_id, batchId: batch_id });
        deleted += 1;
      }
      assert.deepEqual(await missingFiles(services), []);
    }
  }

  async function purge(): Promise<void> {
    while (!isOver) await purgeFiles(db, services.storage, never);
  }

  async function search(): Promise<void> {
    while (!isOver) await sweepStorage(db, services.storage, { olderThanMs: 0, clears: true, signal: never });
  }

  const story = Promise.all([upload(), deleteEnded()]).finally(() => (isOver = true));
  await Promise.all([story, work(), work(), work(), chores(), purge(), purge(), search()]);
  assert.ok(putBack > 0, 'the race was run');
  await sweepStorage(db, services.storage, { olderThanMs: 0, clears: true, signal: never });
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await filesOf(services), []);
});

test('a worker that removes files for too long leaves the rest to others, without a doubt', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await finish(
    services,
    Array.from({ length: 60 }, (_, i) => `https://a${i}.example/1`),
  );
  await deleteBatch(db, batch);
  const ending = new AbortController();
  const interrupted: Storage = {
    ...services.storage,
    async remove(keys, signal) {
      ending.abort(); // as when its time is over
      return services.storage.remove(keys, signal);
    },
  };
  await purgeFiles(db, interrupted, ending.signal);
  const left = (await filesOf(services)).length;
  assert.ok(left > 0 && left < 120, `${left} are left`);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await filesOf(services), []);
  assert.deepEqual(await purgeStates(services), [{ state: 'removed', doubtful: false }]);
});
