import type { Logger } from 'pino';

/** Something that is done again and again. */
export type Chore = {
  name: string;
  /** from the end of one run to the begin of the next */
  everyMs: number;
  run(): Promise<void>;
};

/** `everyMs` may change from run to run. */
export type Repeated = Omit<Chore, 'everyMs'> & { everyMs: number | (() => number) };

/** Runs a chore once. One that throws is logged, and runs again in its turn. */
export async function runLogged(chore: Pick<Chore, 'name' | 'run'>, log: Logger): Promise<void> {
  try {
    await chore.run();
  } catch (error) {
    log.warn({ err: error, chore: chore.name }, 'a chore failed');
  }
}

/**
 * Runs chores until they are stopped.
 * @returns stops them; a run that has begun goes to its end
 */
export function repeat(chores: Repeated[], log: Logger): () => void {
  const timers = new Map<Repeated, NodeJS.Timeout>();
  const ending = new AbortController();

  async function run(chore: Repeated): Promise<void> {
    await runLogged(chore, log);
    schedule(chore);
  }

  function schedule(chore: Repeated): void {
    if (ending.signal.aborted) return;
    const ms = typeof chore.everyMs === 'number' ? chore.everyMs : chore.everyMs();
    timers.set(
      chore,
      setTimeout(() => void run(chore), ms),
    );
  }

  for (const chore of chores) schedule(chore);
  return () => {
    ending.abort();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
