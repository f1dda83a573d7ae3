/**
 * Retries that were asked for while the batch was running (`when_ended=true`). They wait in the batch's row until it
 * has ended, and its event is written; then they begin the next round. Idempotent: whoever begins the round
 * holds the lock of the row, and removes the plan with it.
 */
import { sql } from 'kysely';
import { checkRestart } from '../access/quotas.ts';
import { type Db, longTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import type { BatchKey } from './batch.ts';
import { lockBatch } from './counters.ts';
import type { MoveRules } from './move-on.ts';
import { beginRetry, type RetryFilter } from './retry.ts';

const AT_ONCE = 20;

/** What became of the retries that were due. One that exceeds a quota of its tenant waits until there is room. */
export type BegunRetries = { begun: number; failed: { batch: BatchKey; error: unknown }[] };

/** Begins the retries that are due. */
export async function beginPlannedRetries(patient: Db, feed: MoveRules): Promise<BegunRetries> {
  // At random, so that those which cannot begin hold up no others.
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select tenant_id, batch_id from batches
    where planned_retries is not null and ended_at is not null
    order by random() limit ${AT_ONCE}`.execute(patient);
  const result: BegunRetries = { begun: 0, failed: [] };
  for (const { tenant_id: tenantId, batch_id: batchId } of rows) {
    const batch = { tenantId, batchId };
    try {
      if (await beginOne(patient, batch, feed)) result.begun += 1;
    } catch (error) {
      if (!(error instanceof Problem)) result.failed.push({ batch, error });
    }
  }
  return result;
}

async function beginOne(patient: Db, key: BatchKey, feed: MoveRules): Promise<boolean> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return false;
    const filters = await takePlan(trx, key);
    const canBeRetried = batch.state === 'completed_with_errors' || batch.state === 'failed';
    if (filters.length === 0 || !canBeRetried) return false;
    const hasBegun = await beginRetry(trx, batch, { filters, feed });
    if (hasBegun) await checkRestart(trx, key.tenantId); // last: it locks the tenant
    return hasBegun;
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
