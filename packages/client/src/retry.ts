import { MinilabError } from './errors.ts';

export type RetryOptions = {
  /** how often to try at most; 5 by default */
  attempts?: number | undefined;
  signal?: AbortSignal | undefined;
};

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** Whether the same request may succeed later: no response, 429, 503, or its first try is still in progress. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof MinilabError)) return error instanceof TypeError; // what fetch throws without a response
  return error.status === 429 || error.status === 503 || error.code === 'idempotency_key_in_use';
}

/** Repeats a request that may be repeated, after what `Retry-After` says, or with exponential back-off. */
export async function retried<T>(
  act: () => Promise<T>,
  { attempts = 5, signal }: RetryOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt >= attempts || signal?.aborted || !isPassing(error)) throw error;
      const backOff = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.8 + 0.4 * Math.random());
      const asked = error instanceof MinilabError ? error.retryAfter : undefined;
      await pause(Math.min(LONGEST_WAIT_MS, asked === undefined ? backOff : asked * 1000), signal);
    }
  }
}

/** @throws the reason of the signal */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
