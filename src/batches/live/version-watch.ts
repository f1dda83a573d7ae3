import type { Logger } from 'pino';
import type { Db } from '../../db/database.ts';
import type { BatchKey } from '../batch.ts';
import { readVersions, type VersionRow } from './live.queries.ts';
import { Poll } from './poll.ts';

const POLL_MS = 250;

type Waiter = { key: BatchKey; isWaiting(batch: VersionRow): boolean; end(): void };

/** Long polls: waits for another version of batches. One statement a poll, however many wait. */
export class VersionWatch {
  readonly #waiters = new Set<Waiter>();
  readonly #poll: Poll;
  readonly #db: Db;
  #isClosed = false;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#poll = new Poll({
      everyMs: POLL_MS,
      isWanted: () => this.#waiters.size > 0,
      run: () => this.#look(),
      onTrouble: (error) => {
        log.debug({ err: error }, 'versions of batches cannot be read');
        this.#endAll(); // they read the status, and answer what is wrong
      },
    });
  }

  /**
   * Waits until the version is another one, or the batch has ended or is gone.
   * @returns false when the time is over before that
   */
  async untilChanged(
    key: BatchKey,
    { isSeen, ms, signal }: { isSeen(version: number): boolean; ms: number; signal: AbortSignal },
  ): Promise<boolean> {
    if (this.#isClosed) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const isWaiting: Waiter['isWaiting'] = ({ version, has_ended }) => !has_ended && isSeen(version);
    const waiter: Waiter = { key, isWaiting, end: () => resolve(true) };
    const timer = setTimeout(resolve, ms, false);
    signal.addEventListener('abort', waiter.end, { once: true });
    this.#waiters.add(waiter);
    this.#poll.wake();
    const isOver = await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', waiter.end);
    this.#waiters.delete(waiter);
    return isOver;
  }

  close(): void {
    this.#isClosed = true;
    this.#poll.close();
    this.#endAll();
  }

  async #look(): Promise<void> {
    const waiters = Map.groupBy(this.#waiters, ({ key }) => nameOf(key));
    const keys = [...waiters.values()].flatMap(([first]) => first?.key ?? []);
    const found = await readVersions(this.#db, keys);
    const rows = new Map(
      found.map((row) => [nameOf({ tenantId: row.tenant_id, batchId: row.batch_id }), row]),
    );
    for (const [name, waiting] of waiters) {
      const row = rows.get(name);
      for (const waiter of waiting) if (!row || !waiter.isWaiting(row)) waiter.end();
    }
  }

  #endAll(): void {
    for (const { end } of this.#waiters) end();
  }
}

function nameOf({ tenantId, batchId }: BatchKey): string {
  return `${tenantId} ${batchId}`;
}
