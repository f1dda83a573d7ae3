export type Deadline = {
  /** aborts at the deadline, with the signal given, and by `abort` */
  signal: AbortSignal;
  abort(reason: Error): void;
} & Disposable;

/**
 * A time limit for a block. Its timer ends with the block, whereas one of AbortSignal.timeout fires for each image
 * that was done long ago, and creates an error with its stack.
 * @param late creates the reason to abort with at the deadline
 */
export function withDeadline(outer: AbortSignal, ms: number, late: () => Error = timedOut): Deadline {
  const inner = new AbortController();
  const timer = setTimeout(() => inner.abort(late()), ms);
  const onAbort = (): void => inner.abort(outer.reason);
  outer.addEventListener('abort', onAbort);
  if (outer.aborted) onAbort();
  return {
    signal: inner.signal,
    abort: (reason) => inner.abort(reason),
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    },
  };
}

/** The same error as AbortSignal.timeout's. */
function timedOut(): Error {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError');
}
