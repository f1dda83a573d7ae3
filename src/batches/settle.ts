import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { type BatchKey, type BatchState, endState, hasEnded } from './batch.ts';
import { lockBatches } from './counters.ts';

/**
 * Asks for the end of a round. Whoever records the last image does so, in the same transaction and
 * under the lock of the batch's row, so there is one task a round, however many workers there are.
 */
export async function askToSettle(trx: Db, batch: BatchKey & { round: number }, queue: Queue): Promise<void> {
  const data = { tenant_id: batch.tenantId, batch_id: batch.batchId, round: batch.round };
  await queue.insert('settle_batch', [{ id: randomUUIDv7(), data }], trx);
}

/**
 * Ends a round of a batch. Called twice it changes nothing the second time.
 * @returns the state in which the batch ended, or undefined when there was nothing to do
 */
export async function settleBatch(
  db: Db,
  key: BatchKey & { round: number },
): Promise<BatchState | undefined> {
  return db.transaction().execute(async (trx) => {
    const batch = (await lockBatches(trx, [key])).get(key.batchId);
    if (!batch || batch.round !== key.round || !hasEnded(batch)) return undefined;
    const state = endState(batch);
    await sql`
      update batches set state = ${state}, ended_at = now(), started_at = coalesce(started_at, now()), version = version + 1
      where tenant_id = ${key.tenantId} and batch_id = ${key.batchId} and state in ('pending', 'processing')`.execute(
      trx,
    );
    return state;
  });
}
