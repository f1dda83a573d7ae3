/**
 * When a worker exchanges leases with the database: at once when something is needed, such as permits of a host that it
 * does not know, and regularly as long as it has any. Regular exchanges are five a second for each worker, 200 for all of
 * them, and half as many for a worker that is alone while no download waits: then hardly anybody else has changed
 * anything (an operator, or a server that fetches a picture for a preview).
 */
import type { Logger } from 'pino';

const RENEW_EVERY_MS = 200;
const RENEW_ALONE_MS = 400;
const MS_PER_WORKER = 5;
const LONGEST_MS = 700; // less than GRANT_VALID_MS of leased-host.ts

export type RenewalParts = {
  /** Renews all leases, in one statement. */
  exchange(): Promise<void>;
  /** Whether there is anything to renew. */
  isNeeded(): boolean;
  /** Whether downloads wait for a permit. */
  isWaitedFor(): boolean;
  /** how many workers are alive, with this one */
  liveWorkers(): number;
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
      this.#timer = setTimeout(() => this.request(), this.#intervalMs);
  }

  get #intervalMs(): number {
    const { liveWorkers, isWaitedFor } = this.#parts;
    if (liveWorkers() === 1 && !isWaitedFor()) return RENEW_ALONE_MS;
    return Math.min(Math.max(RENEW_EVERY_MS, MS_PER_WORKER * liveWorkers()), LONGEST_MS);
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
