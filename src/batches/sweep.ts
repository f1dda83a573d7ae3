import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { QUEUE_SCHEMA } from '../queue/queue.ts';
import type { BatchKey } from './batch.ts';
import { hasEnded } from './batch.ts';
import { lockBatches } from './counters.ts';
import { expireImages } from './expire.ts';
import { feedBatch, type FeedRules } from './feed.ts';
import { askToSettle } from './settle.ts';

/**
 * Puts right what nobody else would: retries that are due, images whose task was lost or that wait past
 * their deadline, and running batches that nobody feeds or settles. Every worker sweeps every few seconds; doing it twice does no harm.
 */
export async function sweep(db: Db, rules: FeedRules): Promise<void> {
  await releaseDueImages(db);
  await rescueImagesWithoutTask(db);
  await expireImages(db, rules.queue);
  for (const batch of await idleBatches(db)) await moveOn(db, batch, rules);
}

/** Those of a cancelled batch too, once: they stay `pending` for good, and leave the index of what is due. */
async function releaseDueImages(db: Db): Promise<void> {
  await sql`
    update images set due_at = null
    where (tenant_id, image_id) in (
      select tenant_id, image_id from images where due_at <= now() order by due_at limit 1000 for update skip locked
    ) and state = 'pending'`.execute(db);
}

/**
 * Back to pending without a try. A task and its image change in one transaction, so an image whose
 * task is not there, in one snapshot, has lost it. A task that failed for good still has its dead
 * letter, which ends the image.
 */
async function rescueImagesWithoutTask(db: Db): Promise<void> {
  await sql`
    update images i set state = 'pending', task_id = null
    where i.task_id is not null and i.state in ('queued', 'processing')
      and not exists (
        select from ${sql.table(`${QUEUE_SCHEMA}.job`)} j
        where j.id = i.task_id and j.name = 'process_image' and j.state <> 'cancelled' and j.state <> 'completed')
      and not exists (
        select from ${sql.table(`${QUEUE_SCHEMA}.job`)} j
        where j.name = 'lost_image' and j.data ->> 'task_id' = i.task_id::text)`.execute(db);
}

/** Running batches that have nothing in the queue although nothing holds them up, or whose last image has ended. */
async function idleBatches(db: Db): Promise<BatchKey[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select b.tenant_id, b.batch_id from batches b
    where b.ended_at is null and (
      (b.completed + b.failed + b.cancelled = b.images and not exists (
        select from ${sql.table(`${QUEUE_SCHEMA}.job`)} j
        where j.name = 'settle_batch' and j.data ->> 'batch_id' = b.batch_id::text and j.state < 'completed'))
      or exists (
        select from images i
        where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot))
    order by b.tenant_id, b.batch_id
    limit 200`.execute(db);
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id }));
}

async function moveOn(db: Db, key: BatchKey, rules: FeedRules): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const batch = (await lockBatches(trx, [key])).get(key.batchId);
    if (!batch) return;
    if (hasEnded(batch)) await askToSettle(trx, batch, rules.queue);
    else await feedBatch(trx, batch, rules);
  });
}
