import { sql } from 'kysely';
import { type Db, longTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
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

/** Asks for the purge of all files of a tenant that has no batches. */
export async function purgeAllOf(db: Db, tenantId: number): Promise<void> {
  await sql`
    insert into purges (tenant_id, hash16)
    select tenant_id, hash16 from rendition_sets where tenant_id = ${tenantId}
    order by tenant_id, hash16
    on conflict (tenant_id, hash16) do nothing`.execute(db);
}
