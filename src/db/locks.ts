import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

const DEADLOCK_DETECTED = '40P01';
const LOCK_NOT_AVAILABLE = '55P03'; // lock_timeout
const SERIALIZATION_FAILURE = '40001';

/** Whether a transaction lost against another one and nothing else is wrong: the whole of it may run again. */
export function isLockTrouble(error: unknown): boolean {
  return [DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE, SERIALIZATION_FAILURE].includes(systemCode(error) ?? '');
}

export const LOCK_PATIENCE_MS = 60_000;

/**
 * Runs work that takes locks until none of them is in its way.
 * @param work gets the number of attempts before this one
 * @param onRetry is told of each attempt that lost
 * @throws what the last attempt threw, when the patience is used up; anything but lock trouble at once
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

/** Long enough for those who waited behind us; with jitter, so that two do not meet again and again. */
export function pauseMs(attempt: number): number {
  return Math.min(SHORTEST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random());
}
