import { setTimeout as sleep } from 'node:timers/promises';

export type PollingRules = {
  /** how long after a look for tasks the next one follows */
  everyMs: number;
  /** Whether `wake` is called when there are new tasks. Then looks are rarer once there have been no tasks for a while. */
  isWoken(): boolean;
  /** How long after a look `wake` leads to the next one at the earliest. */
  spacingMs(): number;
};

const QUIET_AFTER_MS = 10_000; // what fails comes back after some seconds, and nobody is told
const QUIET_FACTOR = 5;

/** When a pump looks for tasks: at intervals, at once when it has capacity again, and when it is told of new tasks. */
export class Polling {
  readonly #rules: PollingRules;
  #waiting = new AbortController(); // aborted to end a wait
  #waking: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY; // times of performance.now()
  #foundAt = performance.now();

  constructor(rules: PollingRules) {
    this.#rules = rules;
  }

  /** Whether the next look is due, had nobody been told. */
  get isDue(): boolean {
    return performance.now() - this.#lookedAt >= this.#rules.everyMs;
  }

  looks(): void {
    this.#lookedAt = performance.now();
  }

  found(): void {
    this.#foundAt = performance.now();
  }

  /** Waits until the next look is due, or for `ms`, unless `hurry` or `wake` has been called since the last wait. */
  async wait(ms = this.#intervalMs): Promise<void> {
    await sleep(ms, undefined, { signal: this.#waiting.signal }).catch(() => {});
    this.#waiting = new AbortController();
  }

  /** Ends the wait. */
  hurry(): void {
    clearTimeout(this.#waking);
    this.#waking = undefined;
    this.#waiting.abort();
  }

  /** Somebody has new tasks: ends the wait, but not sooner than the rules allow. */
  wake(): void {
    const inMs = this.#lookedAt + this.#rules.spacingMs() - performance.now();
    if (inMs <= 0) this.hurry();
    else this.#waking ??= setTimeout(() => this.hurry(), inMs).unref();
  }

  get #intervalMs(): number {
    const { everyMs, isWoken } = this.#rules;
    const isQuiet = performance.now() - this.#foundAt > QUIET_AFTER_MS;
    return isQuiet && isWoken() ? everyMs * QUIET_FACTOR : everyMs;
  }
}
