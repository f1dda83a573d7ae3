import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../units.ts';
import { type Storage, StorageTrouble, type TroubleKind } from './storage.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const PATIENCE_MS = 5 * MINUTE_MS;

/** What may be well soon. The rest waits for an operator. */
const PASSING: ReadonlySet<TroubleKind> = new Set(['weather', 'damaged', 'clock']);

/**
 * A storage whose `put` is tried again for five minutes, because what it stores was expensive to make.
 * @param onTrouble is called with each failure, before the wait
 */
export function patientStorage(storage: Storage, onTrouble: (trouble: StorageTrouble) => void): Storage {
  return {
    ...storage,
    async put(key, file, signal) {
      const until = performance.now() + PATIENCE_MS;
      for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
        try {
          return await storage.put(key, file, signal);
        } catch (error) {
          if (!(error instanceof StorageTrouble) || !PASSING.has(error.kind)) throw error;
          if (performance.now() > until) throw error;
          onTrouble(error);
          await waitFor(Math.random() * delayMs, signal); // full jitter: many wait for the same store
        }
      }
    },
  };
}

/** @throws the reason of the signal */
async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
