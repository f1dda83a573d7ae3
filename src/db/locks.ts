import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

const DEADLOCK_DETECTED = '40P01';
const LOCK_NOT_AVAILABLE = '55P03'; // lock_timeout
const SERIALIZATION_FAILURE = '40001';

/** Whether a transaction failed only because of another one: it may be retried as a whole. */
export function isLockTrouble(error: unknown): boolean {
  return [DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE, SERIALIZATION_FAILURE].includes(systemCode(error) ?? '');
}

export const LOCK_PATIENCE_MS = 60_000;

/**
 * Retries work that takes locks, with back-off, until it gets them.
 * @param work receives the number of earlier attempts
 * @param onRetry called after each failed attempt
 * @throws the last error after `patienceMs`; any error that is not lock trouble at once
 */
export async function retryLocked<T>(
  work: (attempt: number) => Promise<T>,
  { patienceMs = LOCK_PATIENCE_MS, onRetry }: { patienceMs?: number; onRetry?: () => void } = {},
): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!isLockTrouble(error) || Date.now() >= giveUpAt) throw error;
      onRetry?.();
      await sleep(pauseMs(attempt));
    }
  }
}

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Exponential back-off from 0.1 to 2 s: lets others proceed; jitter keeps two from colliding repeatedly. */
export function pauseMs(attempt: number): number {
  return Math.min(SHORTEST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random());
}
