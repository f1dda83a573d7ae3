import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { QUEUE_SCHEMA } from '../queue/queue.ts';
import type { BatchKey } from './batch.ts';
import { lockBatches } from './counters.ts';
import { expireImages } from './expire.ts';
import { moveOn, type MoveRules } from './move-on.ts';
import type { EndedBatch } from './settle.ts';
import { hungryBatches } from './window.ts';

/**
 * Puts right what nobody else would: retries that are due, images whose task was lost or that wait past
 * their deadline, and running batches that nobody feeds or ends. Every worker sweeps every few seconds; doing it twice does no harm.
 * @returns the batches that have ended now
 */
export async function sweep(db: Db, rules: MoveRules): Promise<EndedBatch[]> {
  while ((await releaseDueImages(db)) === RELEASED_AT_ONCE);
  await rescueImagesWithoutTask(db);
  const ended = await expireImages(db, rules);
  const errors: unknown[] = [];
  for (const batch of await idleBatches(db, rules)) {
    try {
      ended.push(...(await moveOnAlone(db, batch, rules)));
    } catch (error) {
      errors.push(error); // one batch that cannot be moved on holds up no other
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} batches cannot be moved on`);
  return ended;
}

const RELEASED_AT_ONCE = 1_000;

/** Those of a cancelled batch too, once: they stay `pending` for good, and leave the index of what is due. */
async function releaseDueImages(db: Db): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    update images set due_at = null
    where (tenant_id, image_id) in (
      select tenant_id, image_id from images where due_at <= now() order by due_at limit ${RELEASED_AT_ONCE} for update skip locked
    ) and state = 'pending'`.execute(db);
  return Number(numAffectedRows);
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

const FED_AT_ONCE = 200; // each locks its batch for some milliseconds; the others have their turn in the next sweep

/** Running batches of which the last image has ended, or of which images could be fed and are not. */
async function idleBatches(db: Db, { hostConcurrency }: MoveRules): Promise<BatchKey[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select tenant_id, batch_id from batches
    where ended_at is null and completed + failed + cancelled = images
    order by tenant_id, batch_id`.execute(db);
  const done = rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id }));
  return [...done, ...(await hungryBatches(db, hostConcurrency)).slice(0, FED_AT_ONCE)];
}

async function moveOnAlone(db: Db, key: BatchKey, rules: MoveRules): Promise<EndedBatch[]> {
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, [key]);
    return moveOn(trx, batches.values(), rules);
  });
}
