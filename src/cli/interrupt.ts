/**
 * Ctrl-C, SIGTERM and SIGHUP: the first one asks to end in good order, through the signal that is
 * returned; the second one ends at once, and what was in work is done again by the next worker.
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

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
