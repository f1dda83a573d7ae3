import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { QUEUE_SCHEMA } from '../queue/queue.ts';
import type { BatchKey } from './batch.ts';
import { lockBatches } from './counters.ts';
import { expiredBatches, expireImages } from './expire.ts';
import { moveOn, type MoveRules } from './move-on.ts';
import type { EndedBatch } from './settle.ts';
import { hungryBatches } from './window.ts';

/**
 * Puts right what nobody else would: retries that are due, images whose task was lost or that wait past
 * their deadline, and running batches that nobody feeds or ends. Every worker sweeps every few seconds; doing it twice does no harm.
 * @returns the batches that have ended now
 */
export async function sweep(db: Db, rules: MoveRules): Promise<EndedBatch[]> {
  const ended: EndedBatch[] = [];
  const errors: unknown[] = [];
  /** What fails, because of a row that a frozen worker has locked for example, holds up nothing else. */
  const attempt = async <T>(step: Promise<T[] | void>): Promise<T[]> => {
    try {
      return (await step) ?? [];
    } catch (error) {
      errors.push(error);
      return [];
    }
  };
  await attempt(releaseDueImages(db));
  await attempt(rescueImagesWithoutTask(db));
  for (const batch of await attempt(expiredBatches(db)))
    ended.push(...(await attempt(expireImages(db, batch, rules))));
  for (const batch of await attempt(idleBatches(db, rules)))
    ended.push(...(await attempt(moveOnAlone(db, batch, rules))));
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} steps of the sweep failed`);
  return ended;
}

const RELEASED_AT_ONCE = 1_000;

/** Those of a cancelled batch too, once: they stay `pending` for good, and leave the index of what is due. */
async function releaseDueImages(db: Db): Promise<void> {
  for (let released = RELEASED_AT_ONCE; released === RELEASED_AT_ONCE;) {
    const { numAffectedRows = 0n } = await sql`
      update images set due_at = null
      where (tenant_id, image_id) in (
        select tenant_id, image_id from images where due_at <= now() order by due_at limit ${RELEASED_AT_ONCE} for update skip locked
      ) and state = 'pending'`.execute(db);
    released = Number(numAffectedRows);
  }
}

/**
 * Back to pending without a try. A task and its image change in one transaction, so an image whose
 * task is not there, in one snapshot, has lost it. A task that failed for good still has its dead
 * letter, which ends the image; where that used up its own retries too, nobody ends the image any more.
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
        where j.name = 'lost_image' and j.state < 'completed' and j.data ->> 'task_id' = i.task_id::text)`.execute(
    db,
  );
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
