/**
 * Limits the bytes that are in memory at the same time. Turns take bytes in the order in which they were entered, so
 * that whoever uses them in that order never waits for one that waits for him.
 */
export class MemoryBudget {
  readonly #most: number;
  #used = 0;
  #lastTurn: Promise<void> = Promise.resolve();
  #released = Promise.withResolvers<void>();

  constructor(most: number) {
    this.#most = most;
  }

  enter(): Turn {
    const before = this.#lastTurn;
    const { promise, resolve: leave } = Promise.withResolvers<void>();
    this.#lastTurn = before.then(() => promise);
    return { take: (bytes) => before.then(() => this.#take(bytes)), leave };
  }

  release(bytes: number): void {
    this.#used -= bytes;
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }

  async #take(bytes: number): Promise<void> {
    while (this.#used > 0 && this.#used + bytes > this.#most) await this.#released.promise;
    this.#used += bytes;
  }
}

/** `take` waits until there is room; more than the budget has room when nothing else is there. `leave` lets the next one take. */
export type Turn = { take(bytes: number): Promise<void>; leave(): void };
