import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { reportWorker, type WorkerDoing, type WorkerIdentity } from './workers.ts';

const WORTH_A_WARNING_MS = 30_000;

/** What a worker tells the others by its heartbeat, and what it learns of them. */
export class Presence {
  readonly #db: Db;
  readonly #worker: WorkerIdentity;
  readonly #log: Logger;
  #liveWorkers = 1;
  #isClockOff = false;

  constructor(db: Db, worker: WorkerIdentity, log: Logger) {
    this.#db = db;
    this.#worker = worker;
    this.#log = log;
  }

  /** With this one, at the last heartbeat. */
  get liveWorkers(): number {
    return this.#liveWorkers;
  }

  async report(doing: WorkerDoing): Promise<void> {
    const { liveWorkers, clockAheadMs } = await reportWorker(this.#db, this.#worker, doing);
    this.#liveWorkers = liveWorkers;
    this.#warn(clockAheadMs);
  }

  /** Nothing depends on this clock but the times in the log, and certificates of hosts. */
  #warn(clockAheadMs: number): void {
    const isOff = Math.abs(clockAheadMs) > WORTH_A_WARNING_MS;
    if (isOff !== this.#isClockOff)
      this.#log.warn(
        { ahead_s: Math.round(clockAheadMs / 1000) },
        isOff
          ? 'the clock of this machine is wrong, going by the database'
          : 'the clock of this machine is right again',
      );
    this.#isClockOff = isOff;
  }
}
