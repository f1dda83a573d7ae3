import { randomInt } from 'node:crypto';
import { SECOND_MS } from '../../units.ts';
import { cursorAfter, event, newsText } from './live-events.ts';
import type { News } from './news.ts';
import type { Subscription } from './subscription.ts';

export type StreamTimes = {
  heartbeatMs: number;
  /** how often `isStillAllowed` is asked */
  checkMs: number;
};

export type StreamRules = StreamTimes & {
  /** whether the client must load all states first: the place where it was is gone */
  isReset: boolean;
  /** whether the key of the client is still valid */
  isStillAllowed(): Promise<boolean>;
};

// A process notices within two seconds more that a key was revoked (access/keyring.ts).
export const STREAM_TIMES: StreamTimes = { heartbeatMs: 15 * SECOND_MS, checkMs: 2_500 };

const RETRY_MS = 2 * SECOND_MS;
const RETRY_AFTER_END_MS = { min: SECOND_MS, max: 5 * SECOND_MS }; // not all clients at once, when the server starts

/**
 * The text of a stream of server-sent events. It is pulled: while the client does not read, nothing is made for it.
 * It ends with the batch, with its key, and with the server.
 */
export async function* eventStream(subscription: Subscription, rules: StreamRules): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n${rules.isReset ? event('reset', {}) : ''}`;
  let sentAt = performance.now();
  let checkedAt = sentAt;
  let processing: string | undefined;
  for (;;) {
    const news = await subscription.next(Math.min(rules.checkMs, rules.heartbeatMs));
    if (performance.now() - checkedAt >= rules.checkMs) {
      if (!(await rules.isStillAllowed())) return;
      checkedAt = performance.now();
    }
    if (news === 'ending') yield `retry: ${randomInt(RETRY_AFTER_END_MS.min, RETRY_AFTER_END_MS.max)}\n\n`;
    if (news === 'ending' || news === 'gone' || news === 'left') return;
    if (news !== 'quiet') {
      const { cursor } = subscription;
      subscription.cursor = cursorAfter(news, cursor);
      yield textOf(news, cursor, processing === news.processing);
      if (!cursor?.told) processing = news.processing;
      if (!cursor?.told && news.row.ended_at !== null) return;
      sentAt = performance.now();
    } else if (performance.now() - sentAt >= rules.heartbeatMs) {
      yield ': the stream is alive\n\n';
      sentAt = performance.now();
    }
  }
}

/** All readers with the same news have the same cursor, so the text is made once. */
function textOf(news: News, cursor: Subscription['cursor'], hasSlots: boolean): string {
  const texts = TEXTS.get(news) ?? {};
  TEXTS.set(news, texts);
  return (texts[hasSlots ? 'known' : 'new'] ??= newsText(news, cursor, hasSlots));
}

const TEXTS = new WeakMap<News, { known?: string; new?: string }>();
