/** What goes wrong, all at once. Each kind has dice of its own, so that one does not shift the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './chaos-load.ts';
import type { Embedded } from './embedded.ts';
import { type Running, startMinilab } from './minilab.ts';

type Seconds = [least: number, most: number];

function pick(dice: Dice, [least, most]: Seconds): number {
  return 1_000 * least + dice.upTo(1_000 * (most - least));
}

/** Does something again and again, until it is over; what has begun is brought to its end. */
async function nowAndThen(
  over: AbortSignal,
  pauseMs: () => number,
  act: () => Promise<void>,
): Promise<number> {
  for (let times = 0; ; times += 1) {
    await restOf(pauseMs(), over);
    if (over.aborted) return times;
    await act();
  }
}

/** Waits, and no longer than until it is over. */
async function restOf(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => {});
}

/** Below and above 10 s, after which its tasks are another's, and 15 s, after which its sessions are ended. */
export function freezing(worker: Running, dice: Dice, over: AbortSignal): Promise<number> {
  return nowAndThen(
    over,
    () => pick(dice, [2, 6]),
    async () => {
      worker.child.kill('SIGSTOP');
      await restOf(pick(dice, [1, 22]), over);
      worker.child.kill('SIGCONT');
    },
  );
}

/** @returns how often, when it is over; the last one that was started lives in `everyone` */
export function killing(
  everyone: Running[],
  settings: Settings,
  dice: Dice,
  over: AbortSignal,
): Promise<number> {
  return nowAndThen(
    over,
    () => pick(dice, [3, 9]),
    async () => {
      everyone.at(-1)?.child.kill('SIGKILL');
      everyone.push(await startAgain(settings));
    },
  );
}

/** As an administrator does it, as an emergency does it, and as the system does it when memory is short. */
const SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

export function stopping(embedded: Embedded, dice: Dice, over: AbortSignal): Promise<number> {
  return nowAndThen(
    over,
    () => pick(dice, [10, 25]),
    async () => {
      await embedded.stop(dice.pick(SIGNALS));
      await restOf(pick(dice, [0, 9]), over);
      embedded.release();
    },
  );
}

type Settings = Record<string, string>;

/** As a supervisor does: a worker that finds no database at its start ends, and is started again. */
async function startAgain(settings: Settings): Promise<Running> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startMinilab('worker', settings);
    } catch (error) {
      if (tries === 30) throw error;
      await sleep(1_000);
    }
  }
}
