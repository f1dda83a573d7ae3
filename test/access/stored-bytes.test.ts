import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findStanding } from '../../src/access/quotas.ts';
import { foldStoredBytes } from '../../src/access/stored-bytes.ts';
import { createTenant } from '../../src/access/tenants.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import type { Services } from '../../src/services.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';

const never = new AbortController().signal;

async function counted({ database }: Services, tenantId: number): Promise<number | undefined> {
  return (await findStanding(database.db, tenantId))?.storedBytes;
}

async function truth({ database }: Services, tenantId: number): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(bytes), 0)::bigint as bytes from renditions where tenant_id = ${tenantId}`.execute(
    database.db,
  );
  return rows[0]?.bytes ?? 0;
}

async function work(services: Services): Promise<number> {
  const finished = [];
  for (const { task, image } of await claim(services, 8))
    finished.push({ task, result: await madeOf(services, image) });
  await record(services, finished);
  return finished.length;
}

test('stored bytes are those of the renditions, whatever is uploaded, deleted and added up at once', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const other = (await createTenant(db, 'other')).tenant_id;
  const batches: BatchKey[] = [];
  // Few URLs: batches share sets, sets are made again after their purge, and some recordings find theirs purged.
  const upload = async (): Promise<void> => {
    const urls = Array.from({ length: randomInt(1, 9) }, () => `https://a.example/${randomInt(12)}`);
    batches.push(await acceptUrls(services, urls, { tenantId: randomInt(2) ? 1 : other }));
  };
  const remove = async (): Promise<void> => {
    const [batch] = batches.splice(randomInt(Math.max(1, batches.length)), 1);
    if (batch) await deleteBatch(db, batch).catch(() => batches.push(batch)); // it is still running
  };
  let isOver = false;
  const repeat = async (step: () => Promise<unknown>): Promise<void> => {
    while (!isOver) await step();
  };
  const background = [
    repeat(() => work(services)),
    repeat(() => work(services)),
    repeat(() => purgeFiles(db, services.storage, never)),
    repeat(() => foldStoredBytes(db)),
    repeat(() => foldStoredBytes(db)),
  ];
  for (let i = 0; i < 60; i += 1) await (i < 5 || randomInt(2) ? upload() : remove());
  isOver = true;
  await Promise.all(background);
  for (const tenantId of [1, other]) {
    assert.equal(await counted(services, tenantId), await truth(services, tenantId));
    assert.ok((await truth(services, tenantId)) > 0);
  }

  await foldStoredBytes(db);
  const { rows } = await sql<{ tenants: number; rows: number }>`
    select count(distinct tenant_id) as tenants, count(*) as rows from stored_bytes`.execute(db);
  assert.deepEqual(rows, [{ tenants: 2, rows: 2 }]);
  await sql`delete from rendition_sets`.execute(db);
  assert.deepEqual([await counted(services, 1), await counted(services, other)], [0, 0]);
});
