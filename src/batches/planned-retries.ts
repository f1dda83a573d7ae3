/**
 * Retries that were asked for while the batch was running (`when_ended=true`). They wait in the batch's row until it
 * has ended, and its event is written; then they begin the next round. Idempotent: whoever begins the round
 * holds the lock of the row, and removes the plan with it.
 */
import { sql } from 'kysely';
import { type Db, longTransaction } from '../db/database.ts';
import type { BatchKey } from './batch.ts';
import { lockBatch } from './counters.ts';
import type { FeedRules } from './feed.ts';
import { beginRetry, type RetryFilter } from './retry.ts';

const AT_ONCE = 20;

/**
 * Begins the retries that are due. Every worker does this every few seconds.
 * @returns how many rounds began
 */
export async function beginPlannedRetries(patient: Db, feed: FeedRules): Promise<number> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select tenant_id, batch_id from batches
    where planned_retries is not null and ended_at is not null
    order by tenant_id, batch_id limit ${AT_ONCE}`.execute(patient);
  let begun = 0;
  for (const { tenant_id: tenantId, batch_id: batchId } of rows)
    if (await beginOne(patient, { tenantId, batchId }, feed)) begun += 1;
  return begun;
}

async function beginOne(patient: Db, key: BatchKey, feed: FeedRules): Promise<boolean> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return false;
    const filters = await takePlan(trx, key);
    const canBeRetried = batch.state === 'completed_with_errors' || batch.state === 'failed';
    return filters.length > 0 && canBeRetried && (await beginRetry(trx, batch, { filters, feed }));
  });
}

/** @returns the filters, which are removed; none where another process was faster */
async function takePlan(trx: Db, { tenantId, batchId }: BatchKey): Promise<RetryFilter[]> {
  const { rows } = await sql<{ filters: RetryFilter[] }>`
    update batches b set planned_retries = null
    from (select planned_retries as filters from batches where tenant_id = ${tenantId} and batch_id = ${batchId}) was
    where b.tenant_id = ${tenantId} and b.batch_id = ${batchId}
      and b.planned_retries is not null and b.ended_at is not null
    returning was.filters`.execute(trx);
  return rows[0]?.filters ?? [];
}
