import { sql } from 'kysely';
import { type Db, longTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { UPLOADED_KEY_SQL } from '../storage/keys.ts';
import type { BatchKey } from './batch.ts';
import { lockBatch } from './counters.ts';

/**
 * Deletes a batch that has ended, and asks for the purge of its files (purge.ts). Its events stay, because
 * they may not be delivered yet.
 * @returns whether there was such a batch
 * @throws Problem `conflict`
 */
export async function deleteBatch(patient: Db, key: BatchKey): Promise<boolean> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return false;
    if (batch.state === 'pending' || batch.state === 'processing')
      throw new Problem('conflict', {
        detail: 'The batch is still running. Cancel it, or delete it when it has ended.',
      });
    await askForPurges(trx, key);
    await askForPurgesOfUploaded(trx, key);
    await deleteRows(trx, key);
    return true;
  });
}

/** In order, so that two deletions cannot deadlock. */
async function askForPurges(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    insert into purges (tenant_id, hash16)
    select distinct tenant_id, hash16 from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and hash16 is not null
    order by tenant_id, hash16
    on conflict (tenant_id, hash16) do update
      set state = 'asked', asked_at = now(), keys = null
      where purges.state in ('asked', 'removed')`.execute(trx);
}

/** Their rows are deleted with the row of the batch. */
async function askForPurgesOfUploaded(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    insert into purges (tenant_id, hash16, found)
    select u.tenant_id, u.hash16, array[${UPLOADED_KEY_SQL}]
    from uploaded_files u join tenants t on t.tenant_id = u.tenant_id
    where u.tenant_id = ${tenantId} and u.batch_id = ${batchId}
    order by u.tenant_id, u.hash16
    on conflict do nothing -- the search for orphans was faster`.execute(trx);
}

async function deleteRows(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    with gone_images as (delete from images where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_products as (delete from products where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_attempts as (delete from attempts where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_changes as (delete from batch_changes where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_looks as (delete from batch_looks where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_facts as (delete from batch_facts where tenant_id = ${tenantId} and batch_id = ${batchId})
    delete from batches
    where tenant_id = ${tenantId} and batch_id = ${batchId}
      and state in ('completed', 'completed_with_errors', 'failed', 'cancelled')`.execute(trx);
}

/** The batches of a tenant, oldest first. */
export async function batchesOf(db: Db, tenantId: number, limit: number): Promise<LeftBatch[]> {
  const { rows } = await sql<LeftBatch>`
    select batch_id, ended_at is null as is_running from batches
    where tenant_id = ${tenantId} order by batch_id limit ${limit}`.execute(db);
  return rows;
}

export type LeftBatch = { batch_id: string; is_running: boolean };

/** Asks for the purge of the uploaded files of all batches, which are about to be deleted. */
export async function purgeUploadedFiles(db: Db): Promise<void> {
  await sql`
    with gone as (delete from uploaded_files returning tenant_id, hash16)
    insert into purges (tenant_id, hash16, found)
    select u.tenant_id, u.hash16, array[${UPLOADED_KEY_SQL}]
    from gone u join tenants t on t.tenant_id = u.tenant_id
    on conflict do nothing`.execute(db);
}

/** Asks for the purge of all files of a tenant that has no batches. */
export async function purgeAllOf(db: Db, tenantId: number): Promise<void> {
  await sql`
    insert into purges (tenant_id, hash16)
    select tenant_id, hash16 from rendition_sets where tenant_id = ${tenantId}
    order by tenant_id, hash16
    on conflict (tenant_id, hash16) do nothing`.execute(db);
}
