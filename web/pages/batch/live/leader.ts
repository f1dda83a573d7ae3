/**
 * Runs something in one tab of the browser at a time: the one that holds a lock. When it ends, another tab goes on.
 * Over plain HTTP from another machine browsers have no locks: then it runs in no tab.
 * @param run starts it, and returns how to end it
 * @returns a function that ends it, or the waiting for it
 */
export function lead(name: string, run: () => () => void): () => void {
  if (!isSecureContext) return () => {};
  const leaving = new AbortController();
  const { signal } = leaving;
  void navigator.locks
    .request(name, { signal }, async () => {
      const end = run();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      end();
    })
    .catch(() => undefined); // aborted while it waited
  return () => leaving.abort();
}
