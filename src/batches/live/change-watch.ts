import type { Logger } from 'pino';
import type { Db } from '../../db/database.ts';
import { type Activity, readActivity } from '../activity.queries.ts';
import { type ChangesRow, type FailedImage, readChanges, readFailed } from './live.queries.ts';
import { failuresOf, newsOf, wantedBy } from './news.ts';
import { Poll } from './poll.ts';
import type { Subscription } from './subscription.ts';

const POLL_MS = 500;
const ACTIVITY_MS = 3_000;
const AT_ONCE = 1_000; // of one statement

/** Readers of the same batch that have come equally far. */
type Group = [Subscription, ...Subscription[]];

/**
 * Tells all readers of all batches what changes. A poll costs two or three statements, however many readers
 * there are: readers that have come equally far share what is found, one that was slow or comes back is one
 * more row of the same statement.
 */
export class ChangeWatch {
  readonly #subscriptions = new Set<Subscription>();
  readonly #poll: Poll;
  readonly #db: Db;
  #activity = new Map<string, Activity>();
  #activityAt = Number.NEGATIVE_INFINITY;
  #activityOf = new Set<string>(); // batch ids, also of batches that had none
  #isClosed = false;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#poll = new Poll({
      everyMs: POLL_MS,
      isWanted: () => this.#subscriptions.size > 0,
      run: () => this.#look(),
      onTrouble: (error) => log.warn({ err: error }, 'changes of batches cannot be read, retrying'),
    });
  }

  add(subscription: Subscription): void {
    if (this.#isClosed) return subscription.end('ending');
    this.#subscriptions.add(subscription);
    this.#poll.wake();
  }

  remove(subscription: Subscription): void {
    subscription.end('left');
    this.#subscriptions.delete(subscription);
  }

  close(): void {
    this.#isClosed = true;
    this.#poll.close();
    for (const subscription of this.#subscriptions) subscription.end('ending');
  }

  async #look(): Promise<void> {
    const waiting = [...this.#subscriptions].filter(({ isWaiting }) => isWaiting);
    const groups = [...Map.groupBy(waiting, nameOf).values()] as Group[];
    await this.#readActivity();
    for (let i = 0; i < groups.length; i += AT_ONCE) await this.#tell(groups.slice(i, i + AT_ONCE));
  }

  async #tell(groups: Group[]): Promise<void> {
    const rows = await readChanges(
      this.#db,
      groups.map(([{ key, cursor }]) => wantedBy(key, cursor)),
    );
    const failed = await this.#readFailed(rows, groups);
    const found = new Map(rows.map((row) => [row.ordinal, row]));
    for (const [ordinal, group] of groups.entries()) {
      const row = found.get(ordinal);
      if (!row) for (const subscription of group) subscription.end('gone');
      else tellGroup(group, row, { failed, activity: this.#activity.get(row.batch_id) });
    }
  }

  async #readFailed(rows: ChangesRow[], groups: Group[]): Promise<Map<string, FailedImage>> {
    const wanted = rows.flatMap((row) =>
      failuresOf(row, groups[row.ordinal]?.[0].cursor).told.map((slot) => ({
        tenantId: row.tenant_id,
        batchId: row.batch_id,
        slot,
      })),
    );
    const images = wanted.length === 0 ? [] : await readFailed(this.#db, wanted);
    return new Map(images.map((image) => [`${image.batch_id} ${image.slot}`, image]));
  }

  /** Every few seconds; sooner for a batch that somebody begins to watch. Objects of unchanged activity stay the same. */
  async #readActivity(): Promise<void> {
    const keys = new Map([...this.#subscriptions].map(({ key }) => [key.batchId, key]));
    const isNew = [...keys.keys()].some((batchId) => !this.#activityOf.has(batchId));
    if (!isNew && performance.now() - this.#activityAt < ACTIVITY_MS) return;
    const now = await readActivity(this.#db, [...keys.values()]);
    this.#activityAt = performance.now();
    this.#activityOf = new Set(keys.keys());
    for (const [batchId, activity] of now) {
      const before = this.#activity.get(batchId);
      if (before && JSON.stringify(before) === JSON.stringify(activity)) now.set(batchId, before);
    }
    this.#activity = now;
  }
}

function tellGroup(
  group: Group,
  row: ChangesRow,
  { failed, activity }: { failed: Map<string, FailedImage>; activity: Activity | undefined },
): void {
  const { told, leftOut } = failuresOf(row, group[0].cursor);
  const failures = told.flatMap((slot) => failed.get(`${row.batch_id} ${slot}`) ?? []);
  const news = newsOf(row, { activity, failures, leftOut });
  for (const subscription of group) subscription.offer(news);
}

function nameOf({ key, cursor }: Subscription): string {
  const { since, upTo } = wantedBy(key, cursor);
  return `${key.tenantId} ${key.batchId} ${since} ${upTo ?? ''} ${cursor?.told?.slot ?? ''}`;
}
