import { sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { type BatchRow, findBatch } from './batch.queries.ts';
import { type BatchKey, hasEnded } from './batch.ts';
import { type LockedBatch, lockBatch } from './counters.ts';
import { type EventRules, writeBatchEvents } from './events.ts';

/**
 * Cancels the images of a running batch that have not ended, and writes its event in the same transaction.
 * It changes the rows of the window only, so that a million images take milliseconds: images outside the
 * window stay `pending` in the table, and are shown as cancelled (images/image.ts). Workers with a task of
 * the batch fail to renew its lease, and abort; a result that they record earlier finds no task.
 * @returns the batch; undefined when there is no such batch
 * @throws Problem `conflict`
 */
export async function cancelBatch(db: Db, key: BatchKey, rules: EventRules): Promise<BatchRow | undefined> {
  return inTransaction(db, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return undefined;
    if (batch.state !== 'cancelled') {
      refuseEnded(batch);
      await rules.queue.revoke('process_image', await tasksOf(trx, key), trx);
      await cancelImagesInWindow(trx, key);
      await cancelRow(trx, key);
      await writeBatchEvents(trx, [{ ...key, type: 'batch.cancelled' }], rules);
    }
    return findBatch(trx, key);
  });
}

function refuseEnded(batch: LockedBatch): void {
  if (batch.state !== 'pending' && batch.state !== 'processing')
    throw new Problem('conflict', { detail: `The batch has already ended: it is ${batch.state}.` });
  if (hasEnded(batch))
    throw new Problem('conflict', {
      detail: 'All images of the batch have ended; the batch itself is about to end.',
    });
}

/** The tasks in the window. None is added meanwhile, because that takes the lock of the batch. */
async function tasksOf(trx: Db, { tenantId, batchId }: BatchKey): Promise<string[]> {
  const { rows } = await sql<{ task_id: string }>`
    select task_id from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and task_id is not null`.execute(trx);
  return rows.map((row) => row.task_id);
}

/**
 * Skips locked images: a sweep locks them without their batch. It makes them `pending`, which is shown as cancelled too.
 */
async function cancelImagesInWindow(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    update images i set state = 'cancelled', task_id = null, ended_at = now()
    from (
      select slot from images
      where tenant_id = ${tenantId} and batch_id = ${batchId} and task_id is not null
      for update skip locked
    ) free
    where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot = free.slot
      and i.state in ('queued', 'processing')`.execute(trx);
}

async function cancelRow(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    update batches
    set state = 'cancelled', cancelled = images - completed - failed, ended_at = now(), version = version + 1,
      planned_retries = null
    where tenant_id = ${tenantId} and batch_id = ${batchId} and state in ('pending', 'processing')`.execute(
    trx,
  );
}
