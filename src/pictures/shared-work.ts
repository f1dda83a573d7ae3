type Work<T> = { result: Promise<T>; waiters: number; abort: AbortController };

/** Work that several requests may wait for. It is aborted when none of them waits any more. */
export class SharedWork<T> {
  readonly #works = new Map<string, Work<T>>();

  /**
   * Waits for the work of this name, which begins if nobody has begun it.
   * @param signal of one request @throws what the work throws; the signal's reason
   */
  async wait(name: string, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const work = this.#works.get(name) ?? this.#begin(name, begin);
    work.waiters += 1;
    const gone = Promise.withResolvers<never>();
    const onAbort = (): void => gone.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([work.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      work.waiters -= 1;
      if (work.waiters === 0) {
        if (this.#works.get(name) === work) this.#works.delete(name);
        work.abort.abort();
      }
    }
  }

  #begin(name: string, begin: (signal: AbortSignal) => Promise<T>): Work<T> {
    const abort = new AbortController();
    const work = { result: begin(abort.signal), waiters: 0, abort };
    work.result.catch(() => {}); // those who wait get it; nobody may be left
    this.#works.set(name, work);
    return work;
  }
}
