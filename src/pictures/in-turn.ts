import pLimit from 'p-limit';
import { Problem } from '../errors.ts';

/**
 * Bounds work that requests cause: so much at once, and so much that waits.
 * @returns runs the work in its turn; it throws Problem `busy` where too much waits already
 */
export function inTurnOf(atOnce: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const limit = pLimit(atOnce);
  return async (work) => {
    if (limit.pendingCount >= waiting)
      throw new Problem('busy', { detail: 'Too many pictures are being made at the moment.' });
    return limit(work);
  };
}
