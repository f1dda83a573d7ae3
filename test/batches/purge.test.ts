import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { sweepStorage } from '../../src/batches/orphans.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { type Storage, StorageTrouble } from '../../src/storage/storage.ts';
import { acceptUrls, claim, type Claimed, madeOf, newServices, record } from '../support/batches.ts';
import { folderOf, pathIn } from '../support/storage.ts';

const never = new AbortController().signal;

async function makeAndRecord(services: Services, claimed: Claimed[]): Promise<void> {
  const finished = [];
  for (const { task, image } of claimed) finished.push({ task, result: await madeOf(services, image) });
  await record(services, finished);
}

/** A batch of these URLs that has ended. */
async function finish(services: Services, urls: string[]): Promise<BatchKey> {
  const batch = await acceptUrls(services, urls);
  await makeAndRecord(services, await claim(services, 64));
  return batch;
}

async function filesOf({ config }: Services): Promise<string[]> {
  const entries = await readdir(folderOf(config), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Makes every wait of an image end now. */
async function bringDue({ database, feed }: Services): Promise<void> {
  await sql`update images set due_at = now() where due_at is not null`.execute(database.db);
  await sweep(database.db, feed);
}

/** Files that completed images refer to and that are not there; no batch can be deleted while it looks. */
async function missingFiles({ database, config }: Services): Promise<string[]> {
  return database.db.transaction().execute(async (trx) => {
    await sql`select from batches order by batch_id for key share`.execute(trx);
    const { rows } = await sql<{ key: string }>`
      select distinct t.token || '/' || i.hash16 || '/' || f.name || '.jpg' as key
      from images i join tenants t using (tenant_id), (values ('full'), ('thumb')) f (name)
      where i.state = 'completed'`.execute(trx);
    return rows.map((row) => row.key).filter((key) => !existsSync(pathIn(config, key)));
  });
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
  assert.equal((await findBatch(db, batch))?.completed, 0);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await filesOf(services), []);
  await bringDue(services);
  await makeAndRecord(services, await claim(services, 1));
  assert.equal((await findBatch(db, batch))?.completed, 1);
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
        await nextTurn();
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
      else await nextTurn();
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

test('a worker that was frozen while it removed files, so long that its purges went to another, removes no more of them', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const urls = Array.from({ length: 40 }, (_, i) => `https://${i}.example/`);
  const batch = await acceptUrls(services, urls);
  for (let claimed = await claim(services, 64); claimed.length > 0; claimed = await claim(services, 64))
    await makeAndRecord(services, claimed);
  await deleteBatch(db, batch);
  const removed: string[] = [];
  const frozen: Storage = {
    ...services.storage,
    async remove(keys) {
      removed.push(...keys);
      // What becomes of a session that says nothing for 15 s, and the time that has passed when it wakes up.
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction' and pid <> pg_backend_pid()`.execute(
        db,
      );
      await sleep(2_100);
    },
  };
  await assert.rejects(purgeFiles(db, frozen, never));
  assert.equal(removed.length, 100, 'one group of its 120 files');
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await filesOf(services), []);
});
