/** When a worker exchanges leases with the database: at once when something is needed, else every 200 ms. */
import type { Logger } from 'pino';

const RENEW_EVERY_MS = 200;

export type RenewalParts = {
  /** Renews all leases, in one statement. */
  exchange(): Promise<void>;
  /** Whether there is anything to renew. */
  isNeeded(): boolean;
  log: Logger;
};

export class Renewal {
  readonly #parts: RenewalParts;
  #running: Promise<void> | undefined;
  #isRequested = false; // also while an exchange runs: then another one follows
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false; // logged once
  #hasStopped = false;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** Requests an exchange. All requests of one turn of the event loop share one. */
  request(): void {
    this.#isRequested = true;
    clearTimeout(this.#timer);
    this.#running ??= this.#run();
  }

  /** Resolves when the exchange under way has ended. No other one begins. */
  async stop(): Promise<void> {
    this.#hasStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isRequested && !this.#hasStopped) {
      await new Promise(setImmediate);
      this.#isRequested = false;
      await this.#exchangeOnce();
    }
    this.#running = undefined;
    if (this.#parts.isNeeded() && !this.#hasStopped)
      this.#timer = setTimeout(() => this.request(), RENEW_EVERY_MS);
  }

  async #exchangeOnce(): Promise<void> {
    try {
      await this.#parts.exchange();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#parts.log.warn({ err: error }, 'permit leases cannot be renewed, retrying');
      this.#isFailing = true;
    }
  }
}
