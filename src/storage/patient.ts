import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../deadline.ts';
import { MINUTE_MS } from '../units.ts';
import { type Storage, StorageTrouble, type TroubleKind } from './storage.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const PATIENCE_MS = 5 * MINUTE_MS; // leases of tasks outlive it: queue/tasks.ts

/** What may be well soon. The rest waits for an operator. */
const PASSING: ReadonlySet<TroubleKind> = new Set(['weather', 'damaged', 'clock']);

export type Waiting = {
  /** is called with each failure, before the wait. `sinceMs`: when the work that fails had begun, performance.now() */
  onTrouble(trouble: StorageTrouble, sinceMs: number): void;
  /** is called when the storage has done what it was asked for */
  onSuccess?(): void;
  /** aborts when nothing is waited for any more; what is being sent may still end */
  ending: AbortSignal;
  patienceMs?: number;
};

/** Does work, and again while it fails with what may pass. */
export type Patiently = <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * A storage for images: what was downloaded and made is expensive, so storing it, and looking for files, is tried
 * again for five minutes. They begin with what failed first in a task, whose signal stands for it.
 */
export function patientStorage(storage: Storage, waiting: Waiting): Storage {
  const patiently = patienceWith(storage, waiting, new WeakMap());
  return {
    ...storage,
    put: (key, file, signal) => patiently(signal, (within) => storage.put(key, file, within)),
    sizesOf: (keys, signal) => patiently(signal, (within) => storage.sizesOf(keys, within)),
  };
}

/**
 * @param failingSince when the work of each signal failed first: patience is that of all work with the signal. Left
 *   out, all work has its own
 */
export function patienceWith(
  { name }: Storage,
  { onTrouble, onSuccess, ending, patienceMs = PATIENCE_MS }: Waiting,
  failingSince?: WeakMap<AbortSignal, number>,
): Patiently {
  return async (signal, work) => {
    const now = performance.now();
    const since = failingSince?.get(signal) ?? now;
    const tooLong = (): Error => new StorageTrouble(`${name}: it takes too long to answer`);
    using within = withDeadline(signal, Math.max(0, since + patienceMs - now), tooLong);
    const result = await untilDone(() => work(within.signal), {
      within: within.signal,
      ending,
      onTrouble(trouble) {
        failingSince?.set(signal, since);
        onTrouble(trouble, since);
      },
    });
    onSuccess?.();
    return result;
  };
}

type Limits = { within: AbortSignal; ending: AbortSignal; onTrouble(trouble: StorageTrouble): void };

/** @throws what failed last, when that does not pass by itself, or one of the signals aborts */
async function untilDone<T>(work: () => Promise<T>, { within, ending, onTrouble }: Limits): Promise<T> {
  const isOver = (): boolean => within.aborted || ending.aborted;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageTrouble) || !PASSING.has(error.kind) || isOver()) throw error;
      onTrouble(error);
      const signal = AbortSignal.any([within, ending]);
      await sleep(Math.random() * delayMs, undefined, { signal }).catch(() => {}); // full jitter: many wait
      if (isOver()) throw error;
    }
  }
}
