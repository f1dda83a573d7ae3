import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { hasOpenTask } from '../queue/stored-tasks.ts';
import type { BatchKey } from './batch.ts';
import { lockBatches } from './counters.ts';
import { expiredBatches, expireImages } from './expire.ts';
import { moveOn, type MoveRules } from './move-on.ts';
import type { EndedBatch } from './settle.ts';
import { hungryBatches } from './window.ts';

export type Swept = {
  /** the batches that have ended now */
  ended: EndedBatch[];
  /** images whose next try was due */
  due: number;
  /** images that had lost their task, and are pending again */
  rescued: number;
  /** images that failed because their deadline passed while their host was on hold */
  expired: number;
  /** batches whose images had all ended without anybody settling them */
  settled: number;
  /** batches that had room in the window, and got their next images into the queue */
  fed: number;
  /** steps that failed, most of them of one batch */
  failed: { batch?: BatchKey; error: unknown }[];
};

/**
 * Repairs what nothing else would: images whose task was lost, images past their deadline, and running
 * batches that nobody feeds or settles. It also makes due retries pending. One worker sweeps every few
 * seconds; a sweep is idempotent, so two at once do no harm.
 */
export async function sweep(db: Db, rules: MoveRules): Promise<Swept> {
  const steps = new Steps();
  const due = (await steps.attempt(() => releaseDueImages(db))) ?? 0;
  const rescued = (await steps.attempt(() => rescueImagesWithoutTask(db))) ?? 0;
  const expired = await steps.attemptEach(
    () => expiredBatches(db),
    (batch) => expireImages(db, batch, rules),
  );
  const settled = await steps.attemptEach(
    () => unsettledBatches(db),
    (batch) => moveOnOne(db, batch, rules),
  );
  const fed = await steps.attemptEach(
    () => hungrySome(db, rules),
    (batch) => moveOnOne(db, batch, rules),
  );
  return {
    ended: [...expired.flatMap(({ ended }) => ended), ...settled.flat(), ...fed.flat()],
    due,
    rescued,
    expired: expired.reduce((sum, each) => sum + each.expired, 0),
    settled: settled.length,
    fed: fed.length,
    failed: steps.failed,
  };
}

/** A step that fails, for example on a row that a frozen worker has locked, holds up no other. */
class Steps {
  readonly failed: Swept['failed'] = [];

  async attempt<T>(step: () => Promise<T>, batch?: BatchKey): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      this.failed.push(batch ? { batch, error } : { error });
      return undefined;
    }
  }

  /** @returns the results of the batches that did not fail */
  async attemptEach<T>(find: () => Promise<BatchKey[]>, step: (batch: BatchKey) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    for (const { tenantId, batchId } of (await this.attempt(find)) ?? []) {
      const batch = { tenantId, batchId };
      const result = await this.attempt(() => step(batch), batch);
      if (result !== undefined) results.push(result);
    }
    return results;
  }
}

const RELEASED_AT_ONCE = 1_000;

/**
 * Images of a cancelled batch are released too, once: they stay `pending` for good, and leave the index of
 * due images.
 */
async function releaseDueImages(db: Db): Promise<number> {
  let total = 0;
  let released: number;
  do {
    const { numAffectedRows = 0n } = await sql`
      update images set due_at = null
      where (tenant_id, image_id) in (
        select tenant_id, image_id from images where due_at <= now() order by due_at limit ${RELEASED_AT_ONCE} for update skip locked
      ) and state = 'pending'`.execute(db);
    released = Number(numAffectedRows);
    total += released;
  } while (released === RELEASED_AT_ONCE);
  return total;
}

/**
 * Makes images without a task pending again; they lose no try. A task and its image change in one
 * transaction, so an image whose task is missing in the same snapshot has lost it. A task that failed
 * for good still has its dead letter, which ends the image, until that has failed for good too.
 */
async function rescueImagesWithoutTask(db: Db): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    update images i set state = 'pending', task_id = null
    where i.task_id is not null and i.state in ('queued', 'processing')
      and not ${hasOpenTask({ name: 'process_image', id: sql`i.task_id`, orFailed: true })}
      and not ${hasOpenTask({ name: 'lost_image', data: { task_id: sql`i.task_id` } })}`.execute(db);
  return Number(numAffectedRows);
}

/** Running batches whose images have all ended. */
async function unsettledBatches(db: Db): Promise<BatchKey[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select tenant_id, batch_id from batches
    where ended_at is null and completed + failed + cancelled = images
    order by tenant_id, batch_id`.execute(db);
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id }));
}

// Each feed locks its batch for some milliseconds. The other batches have their turn in the next sweep.
const FED_AT_ONCE = 200;

async function hungrySome(db: Db, { hostConcurrency }: MoveRules): Promise<BatchKey[]> {
  return (await hungryBatches(db, hostConcurrency)).slice(0, FED_AT_ONCE);
}

async function moveOnOne(db: Db, batch: BatchKey, rules: MoveRules): Promise<EndedBatch[]> {
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, [batch]);
    return moveOn(trx, batches.values(), rules);
  });
}
