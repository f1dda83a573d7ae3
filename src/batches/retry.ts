import { sql } from 'kysely';
import { type Db, longTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { type BatchRow, findBatch } from './batch.queries.ts';
import type { BatchKey } from './batch.ts';
import { type LockedBatch, lockBatch } from './counters.ts';
import { feedBatches, type FeedRules } from './feed.ts';

/**
 * Begins another round of a batch that has ended: its failed images, or those of one error code, are
 * done again, and it settles again with an event of its own. What earlier rounds tried stays visible.
 * @returns the batch, or undefined where there is no such batch
 * @throws Problem `conflict`
 */
export async function retryBatch(
  patient: Db,
  key: BatchKey,
  { code, feed }: { code: string | undefined; feed: FeedRules },
): Promise<BatchRow | undefined> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return undefined;
    refuseUnlessEnded(batch);
    const retried = await failedToPending(trx, key, code);
    if (retried.length === 0) throw nothingToRetry(code);
    await beginRound(trx, batch, retried);
    await feedBatches(trx, [batch], feed);
    return findBatch(trx, key);
  });
}

function refuseUnlessEnded({ state }: LockedBatch): void {
  if (state === 'pending' || state === 'processing')
    throw new Problem('conflict', {
      detail: 'The batch is still running. Retry its failed images when it has ended.',
    });
  if (state === 'cancelled')
    throw new Problem('conflict', {
      detail: 'The batch was cancelled, and a cancelled batch is not taken up again. Upload the file again.',
    });
}

function nothingToRetry(code: string | undefined): Problem {
  const which = code === undefined ? '' : ` with the error code ${code}`;
  return new Problem('conflict', { detail: `No image of the batch that could be retried failed${which}.` });
}

type Retried = { error_code: string; images: number };

/**
 * Images without a host are of rows that the intake rejected: there is nothing to fetch. Images that
 * repeat a URL failed with the code of the one they follow, so they go along with it.
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
        and not (i.host = '' and i.error_code in ('invalid_url', 'row_rejected'))
        and (${code === undefined} or i.error_code = ${code ?? null})
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
  await sql`
    update batches
    set state = 'processing', round = round + 1, version = version + 1, began_at = now(), ended_at = null,
      failed = ${failed}, errors_by_code = ${JSON.stringify(codes)}, ended_before = completed + ${failed} + cancelled
    where tenant_id = ${batch.tenantId} and batch_id = ${batch.batchId}
      and state in ('completed_with_errors', 'failed')`.execute(trx);
}
