import type { Db } from '../db/database.ts';
import { hasEnded } from './batch.ts';
import type { LockedBatch } from './counters.ts';
import { feedBatches, type FeedRules } from './feed.ts';
import type { EventRules } from './events.ts';
import { writeProgress } from './progress.ts';
import { type EndedBatch, settleBatches } from './settle.ts';

export type MoveRules = FeedRules & EventRules;

/**
 * What follows a change of batches whose rows this transaction has locked: it settles batches whose images
 * have all ended, and feeds the others, whose progress it tells.
 * @returns the batches that have ended now
 */
export async function moveOn(
  trx: Db,
  batches: Iterable<LockedBatch>,
  rules: MoveRules,
): Promise<EndedBatch[]> {
  const { ended = [], running = [] } = Object.groupBy(batches, (batch) =>
    hasEnded(batch) ? 'ended' : 'running',
  );
  await feedBatches(trx, running, rules);
  await writeProgress(trx, running, rules);
  return settleBatches(trx, ended, rules);
}
