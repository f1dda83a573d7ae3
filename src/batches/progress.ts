import type { Db } from '../db/database.ts';
import { endedOf } from './batch.ts';
import type { LockedBatch } from './counters.ts';
import { type EventRules, writeBatchEvents } from './events.ts';

const STEPS = 10; // an event each 10 %

/**
 * Writes `batch.progress` of running batches that have passed another 10 % since their rows were locked, in
 * the transaction of the images that passed it. Batches whose progress nobody asked for cost nothing.
 */
export async function writeProgress(trx: Db, running: LockedBatch[], rules: EventRules): Promise<void> {
  const passed = running.filter((batch) => batch.wantsProgress && hasPassedStep(batch));
  const events = passed.map(({ tenantId, batchId }) => {
    return { tenantId, batchId, type: 'batch.progress' as const };
  });
  await writeBatchEvents(trx, events, rules);
}

function hasPassedStep(batch: LockedBatch): boolean {
  const stepOf = (ended: number): number => Math.floor((STEPS * ended) / batch.images);
  return stepOf(endedOf(batch)) > stepOf(batch.endedWhenLocked);
}
