/**
 * Bounds the downloads that a worker has open. A download that waits long for its first byte frees its
 * turn for another: it uses nothing but a socket, and dead hosts would otherwise take all turns.
 */
const STALLED_AFTER_MS = 500;

export class DownloadLimiter {
  readonly #limit: number;
  readonly #waiters = new Set<() => void>();
  #open = 0;
  #stalled = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many downloads wait long for an answer. */
  get stalled(): number {
    return this.#stalled;
  }

  /** Waits for a turn. @throws the signal's reason when aborted */
  async acquire(signal: AbortSignal): Promise<DownloadTurn> {
    signal.throwIfAborted();
    const entered = Promise.withResolvers<void>();
    const giveUp = (): void => {
      if (this.#waiters.delete(entered.resolve)) entered.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', giveUp);
    this.#waiters.add(entered.resolve);
    this.#letIn();
    await entered.promise.finally(() => signal.removeEventListener('abort', giveUp));
    return new DownloadTurn({
      onFree: () => {
        this.#open -= 1;
        this.#letIn();
      },
      onStalled: (isStalled) => {
        this.#stalled += isStalled ? 1 : -1;
      },
    });
  }

  #letIn(): void {
    const [first] = this.#waiters;
    if (!first || this.#open >= this.#limit) return;
    this.#waiters.delete(first);
    this.#open += 1;
    first();
  }
}

/** The turn of one download. A stall ends it for good, even where the answer comes later. */
export class DownloadTurn {
  readonly #events: { onFree(): void; onStalled(isStalled: boolean): void };
  #isFree = false;
  #isStalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(events: { onFree(): void; onStalled(isStalled: boolean): void }) {
    this.#events = events;
  }

  /** A request is sent, to the first host or to one that it redirected to. */
  requestSent(): void {
    this.firstByte();
    this.#timer = setTimeout(() => {
      this.#setStalled(true);
      this.#free();
    }, STALLED_AFTER_MS);
  }

  firstByte(): void {
    clearTimeout(this.#timer);
    this.#setStalled(false);
  }

  release(): void {
    this.firstByte();
    this.#free();
  }

  #setStalled(isStalled: boolean): void {
    if (this.#isStalled !== isStalled) this.#events.onStalled(isStalled);
    this.#isStalled = isStalled;
  }

  #free(): void {
    if (!this.#isFree) this.#events.onFree();
    this.#isFree = true;
  }
}
