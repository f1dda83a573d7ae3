/**
 * Limits the bytes that are in memory at the same time. Turns take bytes in the order in which they were entered, so
 * that whoever uses them in that order never waits for one that waits for him.
 */
export class MemoryBudget {
  readonly #most: number;
  readonly #signal: AbortSignal;
  #used = 0;
  #lastTurn: Promise<void> = Promise.resolve();
  #released = Promise.withResolvers<void>();

  /** @param signal ends the waiting of all turns, in their order */
  constructor(most: number, signal: AbortSignal) {
    this.#most = most;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  enter(): Turn {
    const before = this.#lastTurn;
    const { promise, resolve: leave } = Promise.withResolvers<void>();
    this.#lastTurn = before.then(() => promise);
    return { take: (bytes) => before.then(() => this.#take(bytes)), leave };
  }

  release(bytes: number): void {
    this.#used -= bytes;
    this.#wake();
  }

  #wake(): void {
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  async #take(bytes: number): Promise<void> {
    this.#signal.throwIfAborted();
    while (this.#used > 0 && this.#used + bytes > this.#most) {
      await this.#released.promise;
      this.#signal.throwIfAborted();
    }
    this.#used += bytes;
  }
}

/**
 * `take` waits until there is room; more than the budget has room when nothing else is there. It throws the reason of
 * the signal. `leave` lets the next one take.
 */
export type Turn = { take(bytes: number): Promise<void>; leave(): void };
