import { type RawBuilder, sql } from 'kysely';
import { checkRestart } from '../access/quotas.ts';
import { type Db, longTransaction } from '../db/database.ts';
import { when } from '../db/when.ts';
import { Problem } from '../errors.ts';
import { publicId } from '../ids.ts';
import { isWanted } from '../webhooks/receivers.ts';
import { type BatchRow, findBatch } from './batch.queries.ts';
import type { BatchKey } from './batch.ts';
import { forgetRounds } from './changes.ts';
import { type LockedBatch, lockBatch } from './counters.ts';
import { type EventRules, writeBatchEvents } from './events.ts';
import { feedBatches, type FeedRules } from './feed.ts';

/**
 * Which failed images to retry: with one of the codes, of one of the hosts, and one of these images or one that
 * ends with it; undefined: any. Filters are stored with planned retries: a new field must be optional.
 */
export type RetryFilter = {
  codes?: string[] | undefined;
  hosts?: string[] | undefined;
  /** UUIDs */
  images?: string[] | undefined;
};

/**
 * Begins the next round of a batch that has ended: its failed images, or those that a filter names, are
 * processed again. The round has an event of its own. Attempts of earlier rounds stay visible.
 * @param whenEnded whether a batch that still runs plans the retry for its end (planned-retries.ts)
 * @returns the batch; undefined when there is no such batch
 * @throws Problem `conflict`, `quota_exceeded`, `quota_insufficient`
 */
export async function retryBatch(
  patient: Db,
  key: BatchKey,
  {
    filter,
    feed,
    whenEnded = false,
  }: { filter: RetryFilter; feed: FeedRules & EventRules; whenEnded?: boolean },
): Promise<BatchRow | undefined> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return undefined;
    if (whenEnded && isRunning(batch)) {
      await planRetry(trx, key, filter);
      return findBatch(trx, key);
    }
    refuseUnlessEnded(batch);
    if (!(await beginRetry(trx, batch, { filters: [filter], feed }))) throw nothingToRetry(filter);
    const row = await findBatch(trx, key);
    await checkRestart(trx, key.tenantId); // last: it locks the tenant
    return row;
  });
}

/** @param batch that has ended @returns whether there was anything to retry */
export async function beginRetry(
  trx: Db,
  batch: LockedBatch,
  { filters, feed }: { filters: RetryFilter[]; feed: FeedRules & EventRules },
): Promise<boolean> {
  const retried = await failedToPending(trx, batch, filters);
  if (retried.length === 0) return false;
  await beginRound(trx, batch, retried);
  await feedBatches(trx, [batch], feed);
  const { tenantId, batchId } = batch;
  if (await beginIsWanted(trx, batch))
    await writeBatchEvents(trx, [{ tenantId, batchId, type: 'batch.started' }], feed);
  return true;
}

function isRunning({ state }: LockedBatch): boolean {
  return state === 'pending' || state === 'processing';
}

function refuseUnlessEnded(batch: LockedBatch): void {
  if (isRunning(batch))
    throw new Problem('conflict', {
      detail:
        'The batch is still running. Retry its failed images when it has ended, or with when_ended=true.',
    });
  if (batch.state === 'cancelled')
    throw new Problem('conflict', {
      detail: 'The batch was cancelled. A cancelled batch cannot be retried; upload the file again.',
    });
}

function nothingToRetry({ codes, hosts, images }: RetryFilter): Problem {
  const which = [
    images ? ` ${images.map((image) => publicId('img', image)).join(' or ')}` : '',
    codes ? ` with the error code ${codes.join(' or ')}` : '',
    hosts ? ` of the host ${hosts.join(' or ')}` : '',
  ].join('');
  return new Problem('conflict', { detail: `The batch has no failed image${which} that can be retried.` });
}

const MAX_PLANNED = 50; // filters; more of them are one without a condition

/** Adds to the retries that the batch has planned. Any of their filters will do. */
async function planRetry(trx: Db, { tenantId, batchId }: BatchKey, filter: RetryFilter): Promise<void> {
  await sql`
    update batches
    set planned_retries = case when coalesce(json_array_length(planned_retries), 0) < ${MAX_PLANNED}
        then coalesce(planned_retries::jsonb, '[]') || ${JSON.stringify([filter])}::jsonb else '[{}]' end,
      version = version + 1
    where tenant_id = ${tenantId} and batch_id = ${batchId} and ended_at is null`.execute(trx);
}

type Retried = { error_code: string; images: number };

/**
 * Makes failed images pending. Images that follow a lead image failed with the same code, so both are retried.
 * @returns how many, by the code with which they had failed
 */
async function failedToPending(
  trx: Db,
  { tenantId, batchId }: BatchKey,
  filters: RetryFilter[],
): Promise<Retried[]> {
  const { rows } = await sql<Retried>`
    with failed as (
      select i.slot, i.error_code from images i
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.state = 'failed'
        -- intake rejected these: there is nothing to download
        and not (i.host = '' and (i.error_code in ('invalid_url', 'row_rejected') or exists (
          select from products p where p.tenant_id = i.tenant_id and p.batch_id = i.batch_id
            and p.row_number = i.row_number and p.flaws is not null)))
        and (${sql.join(
          filters.map((filter) => matches(filter, { tenantId, batchId })),
          sql` or `,
        )})
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

/** Of a row `i` of `images`. An image ends with its lead image, so one of them alone cannot be retried. */
function matches(
  { codes, hosts, images }: RetryFilter,
  { tenantId, batchId }: BatchKey,
): RawBuilder<unknown> {
  return sql`(true
    ${when(codes !== undefined, sql`and i.error_code = any(${codes}::text[])`)}
    ${when(hosts !== undefined, sql`and i.host = any(${hosts}::text[])`)}
    ${when(
      images !== undefined,
      sql`and i.lead_slot in (
        select n.lead_slot from images n
        where n.tenant_id = ${tenantId} and n.batch_id = ${batchId} and n.image_id = any(${images}::uuid[]))`,
    )})`;
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
    set state = 'processing', round = round + 1, version = version + 1, began_at = now(), ended_at = null, planned_retries = null,
      failed = ${failed}, errors_by_code = ${JSON.stringify(codes)}, ended_before = completed + ${failed} + cancelled
    where tenant_id = ${batch.tenantId} and batch_id = ${batch.batchId}
      and state in ('completed_with_errors', 'failed')`.execute(trx);
}

async function beginIsWanted(trx: Db, { tenantId }: BatchKey): Promise<boolean> {
  const { rows } = await sql<{ wanted: boolean }>`
    select ${isWanted('batch.started', sql`${tenantId}::integer`)} as wanted`.execute(trx);
  return rows[0]?.wanted === true;
}
