import { sql } from 'kysely';
import { checkRestart } from '../access/quotas.ts';
import { type Db, longTransaction } from '../db/database.ts';
import { when } from '../db/when.ts';
import { Problem } from '../errors.ts';
import { isWanted } from '../webhooks/receivers.ts';
import { type BatchRow, findBatch } from './batch.queries.ts';
import type { BatchKey } from './batch.ts';
import { forgetRounds } from './changes.ts';
import { type LockedBatch, lockBatch } from './counters.ts';
import { type EventRules, writeBatchEvents } from './events.ts';
import { feedBatches, type FeedRules } from './feed.ts';

/**
 * Begins the next round of a batch that has ended: its failed images, or those with one error code, are
 * processed again. The round has an event of its own. Attempts of earlier rounds stay visible.
 * @returns the batch; undefined when there is no such batch
 * @throws Problem `conflict`, `quota_exceeded`, `quota_insufficient`
 */
export async function retryBatch(
  patient: Db,
  key: BatchKey,
  { code, feed }: { code: string | undefined; feed: FeedRules & EventRules },
): Promise<BatchRow | undefined> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return undefined;
    refuseUnlessEnded(batch);
    const retried = await failedToPending(trx, key, code);
    if (retried.length === 0) throw nothingToRetry(code);
    await beginRound(trx, batch, retried);
    await feedBatches(trx, [batch], feed);
    if (await beginIsWanted(trx, key)) await writeBatchEvents(trx, [{ ...key, type: 'batch.started' }], feed);
    const row = await findBatch(trx, key);
    await checkRestart(trx, key.tenantId); // last: it locks the tenant
    return row;
  });
}

function refuseUnlessEnded({ state }: LockedBatch): void {
  if (state === 'pending' || state === 'processing')
    throw new Problem('conflict', {
      detail: 'The batch is still running. Retry its failed images when it has ended.',
    });
  if (state === 'cancelled')
    throw new Problem('conflict', {
      detail: 'The batch was cancelled. A cancelled batch cannot be retried; upload the file again.',
    });
}

function nothingToRetry(code: string | undefined): Problem {
  const which = code === undefined ? '' : ` with the error code ${code}`;
  return new Problem('conflict', { detail: `The batch has no failed image${which} that can be retried.` });
}

type Retried = { error_code: string; images: number };

/**
 * Makes failed images pending. Images that follow a lead image failed with the same code, so both are retried.
 * @returns how many, by the code with which they had failed
 */
async function failedToPending(
  trx: Db,
  { tenantId, batchId }: BatchKey,
  code: string | undefined,
): Promise<Retried[]> {
  const { rows } = await sql<Retried>`
    with failed as (
      select i.slot, i.error_code from images i
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.state = 'failed'
        -- intake rejected these: there is nothing to download
        and not (i.host = '' and i.error_code in ('invalid_url', 'row_rejected'))
        ${when(code !== undefined, sql`and i.error_code = ${code}`)}
    ),
    retried as (
      update images i
      set state = 'pending', tries = 0, error_code = null, error_detail = null, ended_at = null
      from failed f
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot = f.slot and i.state = 'failed'
      returning f.error_code
    )
    select error_code, count(*) as images from retried group by error_code`.execute(trx);
  return rows;
}

async function beginRound(trx: Db, batch: LockedBatch, retried: Retried[]): Promise<void> {
  const codes = { ...batch.errorsByCode };
  let failed = batch.failed;
  for (const { error_code, images } of retried) {
    failed -= images;
    const left = (codes[error_code] ?? 0) - images;
    if (left > 0) codes[error_code] = left;
    else delete codes[error_code];
  }
  await forgetRounds(trx, batch);
  await sql`
    update batches
    set state = 'processing', round = round + 1, version = version + 1, began_at = now(), ended_at = null,
      failed = ${failed}, errors_by_code = ${JSON.stringify(codes)}, ended_before = completed + ${failed} + cancelled
    where tenant_id = ${batch.tenantId} and batch_id = ${batch.batchId}
      and state in ('completed_with_errors', 'failed')`.execute(trx);
}

async function beginIsWanted(trx: Db, { tenantId }: BatchKey): Promise<boolean> {
  const { rows } = await sql<{ wanted: boolean }>`
    select ${isWanted('batch.started', sql`${tenantId}::integer`)} as wanted`.execute(trx);
  return rows[0]?.wanted === true;
}
