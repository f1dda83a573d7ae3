import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchKey } from '../batches/batch.ts';
import { batchBody } from '../batches/batch.body.ts';
import { type BatchRow, findBatch } from '../batches/batch.queries.ts';
import type { Db } from '../db/database.ts';
import { startProgress } from './progress.ts';

const SHOW_EVERY_MS = 200;

/** Shows the progress of a batch until it has ended, or until the run is interrupted. */
export async function showUntilEnded(db: Db, batch: BatchKey, interrupted: AbortSignal): Promise<BatchRow> {
  const progress = startProgress();
  for (;;) {
    const row = await findBatch(db, batch);
    if (!row) throw new Error('the batch no longer exists');
    const { counts, images_per_second, eta_seconds } = batchBody(row, '');
    progress.update({
      ended: counts.completed + counts.failed + counts.cancelled,
      total: counts.total,
      failed: counts.failed,
      perSecond: images_per_second,
      etaSeconds: eta_seconds,
    });
    if (row.ended_at || interrupted.aborted) {
      progress.done();
      return row;
    }
    await sleep(SHOW_EVERY_MS, undefined, { signal: interrupted }).catch(() => {});
  }
}

const DELIVERY_WAIT_MS = 20_000;
const CHECK_EVERY_MS = 100;

/**
 * Waits until the event of a batch is delivered to WEBHOOK_URL, or has failed; at most 20 s, because it is
 * not retried after the end of this process.
 */
export async function untilDelivered(
  db: Db,
  batch: BatchKey,
  interrupted: AbortSignal,
): Promise<BatchRow | undefined> {
  const deadline = Date.now() + DELIVERY_WAIT_MS;
  let row = await findBatch(db, batch);
  while (row?.delivery?.state === 'pending' && !interrupted.aborted && Date.now() < deadline) {
    await sleep(CHECK_EVERY_MS, undefined, { signal: interrupted }).catch(() => {});
    row = await findBatch(db, batch);
  }
  return row;
}
