import type { Logger } from 'pino';

/** Something that is done again and again. */
export type Chore = {
  name: string;
  /** from the end of one run to the begin of the next, in milliseconds; asked after each run */
  everyMs(): number;
  run(): Promise<void>;
};

/** Runs a chore once. One that throws is logged, and runs again in its turn. */
export async function runLogged(chore: Chore, log: Logger): Promise<void> {
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
export function repeat(chores: Chore[], log: Logger): () => void {
  const timers = new Map<Chore, NodeJS.Timeout>();
  const ending = new AbortController();

  async function run(chore: Chore): Promise<void> {
    await runLogged(chore, log);
    schedule(chore);
  }

  function schedule(chore: Chore): void {
    if (!ending.signal.aborted)
      timers.set(
        chore,
        setTimeout(() => void run(chore), chore.everyMs()),
      );
  }

  for (const chore of chores) schedule(chore);
  return () => {
    ending.abort();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
