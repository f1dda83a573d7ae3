import type { BatchKey } from '../batch.ts';
import type { Cursor } from './event-id.ts';
import type { News } from './news.ts';

/** Why there are no news: nothing has changed, the batch is gone, the reader has left, the server ends. */
export type NoNews = 'quiet' | 'gone' | 'left' | 'ending';

/**
 * One reader of a batch. It has no queue: a reader that comes back late is told what changed since its cursor,
 * in one piece, so a slow one costs no memory.
 */
export class Subscription {
  readonly key: BatchKey;
  /** how far the reader has come; undefined: it has just begun */
  cursor: Cursor | undefined;
  #seen: News | undefined;
  #end: Exclude<NoNews, 'quiet'> | undefined;
  #resolve: ((news: News | NoNews) => void) | undefined;

  constructor(key: BatchKey, cursor: Cursor | undefined) {
    this.key = key;
    this.cursor = cursor;
  }

  get isWaiting(): boolean {
    return this.#resolve !== undefined;
  }

  /** The next news, at most one at a time; `quiet` when there are none within this time. */
  async next(ms: number): Promise<News | NoNews> {
    if (this.#end) return this.#end;
    const { promise, resolve } = Promise.withResolvers<News | NoNews>();
    this.#resolve = resolve;
    const timer = setTimeout(resolve, ms, 'quiet');
    const news = await promise;
    clearTimeout(timer);
    this.#resolve = undefined;
    return news;
  }

  /** Hands over what was found for its cursor, unless the reader knows it. */
  offer(news: News): void {
    if (!this.#resolve || !this.#isNew(news)) return;
    this.#seen = news;
    this.#resolve(news);
    this.#resolve = undefined;
  }

  end(why: Exclude<NoNews, 'quiet'>): void {
    this.#end ??= why;
    this.#resolve?.(this.#end);
  }

  #isNew({ row, processing, activity }: News): boolean {
    const { cursor } = this;
    if (!cursor || cursor.told || row.round !== cursor.round || row.version > cursor.version) return true;
    if (row.ended_at !== null || !this.#seen) return true;
    return processing !== this.#seen.processing || activity !== this.#seen.activity;
  }
}
