/** Batches that are made, deleted and purged by hand, and the clocks of the purges. */
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import type { StorageKey } from '../../src/storage/keys.ts';
import { acceptUrls, claim, type Claimed, madeOf, record } from './batches.ts';

export async function makeAndRecord(services: Services, claimed: Claimed[]): Promise<void> {
  const finished = [];
  for (const { task, image } of claimed) finished.push({ task, result: await madeOf(services, image) });
  await record(services, finished);
}

/** A batch of these URLs that has ended. */
export async function finish(services: Services, urls: string[]): Promise<BatchKey> {
  const batch = await acceptUrls(services, urls);
  await makeAndRecord(services, await claim(services, 64));
  return batch;
}

/** Makes every wait of an image end now. */
export async function bringDue({ database, feed }: Services): Promise<void> {
  await sql`update images set due_at = now() where due_at is not null`.execute(database.db);
  await sweep(database.db, feed);
}

/** What becomes of a worker that is cut off: its lease runs out. */
export async function endLeases({ database }: Services): Promise<void> {
  await sql`update purges set leased_until = now() - interval '1 second' where leased_until is not null`.execute(
    database.db,
  );
}

/** The minute after a doubtful removal is over. */
export async function passMinute({ database }: Services): Promise<void> {
  await sql`update purges set removed_at = removed_at - interval '1 minute'`.execute(database.db);
}

export async function completedOf({ database }: Services, batch: BatchKey): Promise<number | undefined> {
  return (await findBatch(database.db, batch))?.completed;
}

export async function purgeStates({ database }: Services) {
  const { rows } = await sql<{ state: string; doubtful: boolean }>`
    select distinct state, doubtful from purges`.execute(database.db);
  return rows;
}

/** Files that completed images refer to and that are not there; no batch can be deleted while it looks. */
export async function missingFiles({ database, storage }: Services): Promise<StorageKey[]> {
  return database.db.transaction().execute(async (trx) => {
    await sql`select from batches order by batch_id for key share`.execute(trx);
    const { rows } = await sql<{ key: StorageKey }>`
      select distinct t.token || '/' || i.hash16 || '/' || f.name || '.jpg' as key
      from images i join tenants t using (tenant_id), (values ('full'), ('thumb')) f (name)
      where i.state = 'completed'`.execute(trx);
    const keys = rows.map((row) => row.key);
    const sizes = await storage.sizesOf(keys, new AbortController().signal);
    return keys.filter((_, i) => sizes[i] === undefined);
  });
}
