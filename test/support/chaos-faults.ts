/** What goes wrong, all at once. Each kind is a lane with dice of its own, so that one does not shift the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './chaos-load.ts';
import type { Embedded } from './embedded.ts';
import type { FaultLog } from './fault-log.ts';
import type { Running } from './minilab.ts';

export type Lane = { dice: Dice; log: FaultLog; over: AbortSignal };

export type Seconds = readonly [least: number, most: number];

export function pick(dice: Dice, [least, most]: Seconds): number {
  return 1_000 * least + dice.upTo(1_000 * (most - least));
}

/** Does something again and again, until it is over; what has begun is brought to its end. */
export async function nowAndThen(
  over: AbortSignal,
  pauseMs: () => number,
  act: () => Promise<void>,
): Promise<void> {
  for (;;) {
    await restOf(pauseMs(), over);
    if (over.aborted) return;
    await act();
  }
}

/** Waits, and no longer than until it is over. */
export async function restOf(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => {});
}

/** Below and above 10 s, after which its tasks are another's, and 15 s, after which its sessions are ended. */
export function freezing(worker: Running, name: string, { dice, log, over }: Lane): Promise<void> {
  return nowAndThen(
    over,
    () => pick(dice, [2, 6]),
    () =>
      log.during('frozen', name, async () => {
        worker.child.kill('SIGSTOP');
        await restOf(pick(dice, [1, 22]), over);
        worker.child.kill('SIGCONT');
      }),
  );
}

/** The last one that was started lives in `everyone`. */
export function killing(
  everyone: Running[],
  { name, start }: { name: string; start: () => Promise<Running> },
  { dice, log, over }: Lane,
): Promise<void> {
  return nowAndThen(
    over,
    () => pick(dice, [3, 9]),
    () =>
      log.during('killed', name, async () => {
        everyone.at(-1)?.child.kill('SIGKILL');
        everyone.push(await start());
      }),
  );
}

/** As an administrator does it, as an emergency does it, and as the system does it when memory is short. */
const SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

export function stopping(embedded: Embedded, { dice, log, over }: Lane): Promise<void> {
  return nowAndThen(
    over,
    () => pick(dice, [10, 25]),
    () =>
      log.during('the database stopped', undefined, async () => {
        await embedded.stop(dice.pick(SIGNALS));
        await restOf(pick(dice, [0, 9]), over);
        embedded.release();
      }),
  );
}

/** As a supervisor does: a worker that finds no database at its start, or a machine that is too busy, ends, and is started again. */
export async function startAgain(start: () => Promise<Running>): Promise<Running> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === 30) throw error;
      await sleep(1_000);
    }
  }
}
