/**
 * A batch: one uploaded CSV, from acceptance to its webhook.
 *
 * pending -> processing                                               when its first image is claimed
 * pending, processing -> completed | completed_with_errors | failed   when it is settled: the end of a round
 * completed_with_errors, failed -> processing                         by a retry: the begin of the next round
 * pending, processing -> cancelled
 */
export const BATCH_STATES = [
  'pending',
  'processing',
  'completed',
  'completed_with_errors',
  'failed',
  'cancelled',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** A batch by its full key. */
export type BatchKey = { tenantId: number; batchId: string };

export type Counts = { images: number; completed: number; failed: number; cancelled: number };

/** The state of a batch whose images have all ended. A batch without images and rejected rows is `completed`. */
export function endState({
  images,
  completed,
  rejectedRows,
}: Counts & { rejectedRows: number }): Extract<BatchState, `completed${string}` | 'failed'> {
  if (completed === images && rejectedRows === 0) return 'completed';
  return completed === 0 ? 'failed' : 'completed_with_errors';
}

export function hasEnded(counts: Counts): boolean {
  return endedOf(counts) === counts.images;
}

/** How many images have ended. */
export function endedOf({ completed, failed, cancelled }: Counts): number {
  return completed + failed + cancelled;
}
