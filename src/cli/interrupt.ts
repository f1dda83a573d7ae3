import { say, Stopped } from './output.ts';

/**
 * Handles Ctrl-C, SIGTERM and SIGHUP. The first one aborts the returned signal, for a graceful stop. The
 * second one ends the process at once; another worker repeats what was in progress.
 * @param announce runs at the first one
 */
export function onInterrupt(announce: () => void): AbortSignal {
  const abort = new AbortController();
  const interrupted = (): void => {
    if (abort.signal.aborted) process.exit(130);
    announce();
    abort.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  return abort.signal;
}

/** Runs a command that Ctrl-C ends early. @throws Stopped */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = onInterrupt(() => say('\nStopping.'));
  return await unlessStopped(work(signal), signal);
}

/** @throws Stopped instead of what fails because the signal is aborted */
export async function unlessStopped<T>(
  work: Promise<T>,
  signal: AbortSignal,
  left = 'Stopped before the end.',
): Promise<T> {
  return work.catch((error: unknown) => {
    throw signal.aborted ? new Stopped(left) : error;
  });
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
