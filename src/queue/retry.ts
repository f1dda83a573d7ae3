import { setTimeout as sleep } from 'node:timers/promises';
import { isPassingTrouble } from '../db/database.ts';

export const RETRY_AFTER_MS = 500;

/**
 * Repeats an operation while it fails for a reason that passes, such as a database that is away.
 * @param onRetry is called with each error before the next attempt
 * @param isOver ends the repetition, with the last error
 * @throws any other error, and the last one when `isOver`
 */
export async function retryPassingTrouble<T>(
  operation: () => Promise<T>,
  { isOver, onRetry }: { isOver: (error: unknown) => boolean; onRetry: (error: unknown) => void },
): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isPassingTrouble(error) || isOver(error)) throw error;
      onRetry(error);
      await sleep(RETRY_AFTER_MS);
    }
  }
}
