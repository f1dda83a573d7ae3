import type { Batch } from '../../api/types.ts';

/** Fewer images say more about how a batch begins than about its speed. */
const LEAST_MADE = 20;
/** of the measured images: an estimate for more than that is a guess */
const FURTHEST = 100;

/**
 * How many seconds so many images take at the speed of the last batch with the preset; undefined where no batch says
 * so: none was large enough, made most of its images anew, and ran only once. Running batches would share the machine.
 * @param batches newest first
 */
export function estimate(batches: Batch[], preset: string, images: number): number | undefined {
  if (batches.some(({ ended_at }) => ended_at === null)) return undefined;
  const last = batches.find((batch) => batch.preset === preset && saysItsSpeed(batch));
  if (!last?.images_per_second || images > FURTHEST * last.counts.total) return undefined;
  return images / last.images_per_second;
}

function saysItsSpeed({ round, counts, reused }: Batch): boolean {
  const made = counts.completed - reused;
  return round === 1 && counts.cancelled === 0 && made >= LEAST_MADE && 2 * made >= counts.total;
}
