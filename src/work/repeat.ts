import type { Logger } from 'pino';

/** Something that a worker does again and again. */
export type Chore = {
  name: string;
  /** from the end of one run to the begin of the next */
  everyMs: number | (() => number);
  run(): Promise<void>;
};

/**
 * Runs chores until they are stopped. A chore that throws is logged, and runs again in its turn.
 * @returns stops them; a run that has begun goes to its end
 */
export function repeat(chores: Chore[], log: Logger): () => void {
  const timers = new Map<Chore, NodeJS.Timeout>();
  const ending = new AbortController();

  async function run(chore: Chore): Promise<void> {
    try {
      await chore.run();
    } catch (error) {
      log.warn({ err: error, chore: chore.name }, 'a chore failed');
    }
    schedule(chore);
  }

  function schedule(chore: Chore): void {
    if (ending.signal.aborted) return;
    const { everyMs } = chore;
    const inMs = typeof everyMs === 'number' ? everyMs : everyMs();
    timers.set(
      chore,
      setTimeout(() => void run(chore), inMs),
    );
  }

  for (const chore of chores) schedule(chore);
  return () => {
    ending.abort();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
