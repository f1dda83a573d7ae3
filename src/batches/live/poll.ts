import { setTimeout as sleep } from 'node:timers/promises';

export type PollParts = {
  everyMs: number;
  /** whether anybody waits for what the poll finds */
  isWanted(): boolean;
  run(): Promise<void>;
  /** Is called with the first of several failures in a row. The poll goes on. */
  onTrouble(error: unknown): void;
};

/** Polls while somebody wants it, one run at a time. */
export class Poll {
  readonly #parts: PollParts;
  readonly #closing = new AbortController();
  #isRunning = false;

  constructor(parts: PollParts) {
    this.#parts = parts;
  }

  /** To be called when there is somebody new. */
  wake(): void {
    if (this.#isRunning || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    void this.#loop();
  }

  close(): void {
    this.#closing.abort();
  }

  async #loop(): Promise<void> {
    const { everyMs, isWanted, run, onTrouble } = this.#parts;
    const { signal } = this.#closing;
    let isFailing = false;
    while (isWanted() && !signal.aborted) {
      const began = performance.now();
      try {
        await run();
        isFailing = false;
      } catch (error) {
        if (!isFailing) onTrouble(error);
        isFailing = true;
      }
      const pause = Math.max(everyMs - (performance.now() - began), everyMs / 2);
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
    this.#isRunning = false;
  }
}
