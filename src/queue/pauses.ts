import type { Logger } from 'pino';

const FIRST_SHARE = 0.25;

/** The reasons why nothing is claimed. Each has a key of its own, so that it is set and lifted independently. */
export class Pauses {
  readonly #log: Logger;
  readonly #reasons = new Map<string, string>();
  readonly #now: () => number;
  #resumedAt = -Infinity;

  constructor(log: Logger, now = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** @param reason undefined lifts the pause of this key */
  set(key: string, reason: string | undefined): void {
    const before = this.#reasons.get(key);
    if (reason === before) return;
    if (reason !== undefined) {
      this.#reasons.set(key, reason);
      this.#log.warn({ reason }, 'claiming paused');
      return;
    }
    this.#reasons.delete(key);
    const others = this.reasons();
    if (others.length > 0) this.#log.warn({ lifted: before, reasons: others }, 'claiming stays paused');
    else this.#resume(before);
  }

  /**
   * The share of the capacity that may be used: a quarter after a pause, twice as much each second. Whatever was
   * away would be knocked over again by everybody at once.
   */
  share(): number {
    return Math.min(1, FIRST_SHARE * 2 ** ((this.#now() - this.#resumedAt) / 1000));
  }

  has(key: string): boolean {
    return this.#reasons.has(key);
  }

  /** In the order in which they were set. */
  reasons(): string[] {
    return [...this.#reasons.values()];
  }

  #resume(lifted: string | undefined): void {
    this.#resumedAt = this.#now();
    this.#log.warn({ lifted }, 'claiming resumed');
  }
}
