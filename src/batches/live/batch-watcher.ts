import type { Logger } from 'pino';
import type { Db } from '../../db/database.ts';
import type { BatchKey } from '../batch.ts';
import { ChangeWatch } from './change-watch.ts';
import type { Cursor } from './event-id.ts';
import { Subscription } from './subscription.ts';
import { VersionWatch } from './version-watch.ts';

/**
 * Watches batches for everybody who waits for them in this process: streams of events, and long polls. It asks
 * the database once for all, twice or four times a second, and not at all while nobody waits.
 */
export class BatchWatcher {
  readonly #versions: VersionWatch;
  readonly #changes: ChangeWatch;

  constructor({ db, log }: { db: Db; log: Logger }) {
    this.#versions = new VersionWatch(db, log);
    this.#changes = new ChangeWatch(db, log);
  }

  /** See VersionWatch. */
  untilChanged(...wait: Parameters<VersionWatch['untilChanged']>): Promise<boolean> {
    return this.#versions.untilChanged(...wait);
  }

  /** @param cursor where the reader goes on; undefined: from now on. It must be unsubscribed. */
  subscribe(key: BatchKey, cursor: Cursor | undefined): Subscription {
    const subscription = new Subscription(key, cursor);
    this.#changes.add(subscription);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    this.#changes.remove(subscription);
  }

  /** Ends all streams and waits, so that the server can stop. */
  close(): void {
    this.#versions.close();
    this.#changes.close();
  }
}
