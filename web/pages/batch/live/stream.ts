import type { Batch } from '../../../api/types.ts';
import { lead } from './leader.ts';
import { type Ranges, readEvents } from './events.ts';

export type LiveMessage =
  | { kind: 'progress'; progress: Partial<Batch> }
  | { kind: 'slots'; completed: Ranges; failed: Ranges; processing: Ranges }
  /** changes are missing: all states must be read again */
  | { kind: 'reset' }
  /** something changed, and nobody knows what: no stream is open */
  | { kind: 'changed' }
  | { kind: 'done' };

const POLL_MS = 3_000;
/** So long may a tab that reads the stream be silent: the server sends something each 15 s. */
const SILENCE_MS = 5_000;
const HIDDEN_MS = 30_000;

/**
 * What happens to a batch. Over HTTP/1.1 a browser has six connections to a server, and each stream keeps one: so
 * one tab reads a stream, and tells the others. A tab that hears nothing polls; a tab that is hidden for 30 s stops.
 * @param sinceOf where the states that are known were read
 * @returns a function that ends it
 */
export function listen(
  batchId: string,
  sinceOf: () => string | undefined,
  onMessage: (message: LiveMessage) => void,
): () => void {
  const channel = new BroadcastChannel(`minilab ${batchId}`);
  let stop: (() => void) | undefined;
  let heardAt = 0;
  let hiding: ReturnType<typeof setTimeout> | undefined;

  function tell(message: LiveMessage): void {
    channel.postMessage(message); // oxlint-disable-line unicorn/require-post-message-target-origin -- a channel has no origin to name
    hear(message);
  }
  function hear(message: LiveMessage): void {
    heardAt = Date.now();
    onMessage(message);
  }
  function start(): void {
    stop ??= lead('minilab stream', () => readEvents(batchId, sinceOf(), tell));
  }
  function pause(): void {
    stop?.();
    stop = undefined;
  }
  function turn(): void {
    clearTimeout(hiding);
    if (document.visibilityState === 'hidden') hiding = setTimeout(pause, HIDDEN_MS);
    else start();
  }
  const polling = setInterval(() => {
    if (document.visibilityState === 'visible' && Date.now() - heardAt > SILENCE_MS)
      onMessage({ kind: 'changed' });
  }, POLL_MS);

  channel.addEventListener('message', ({ data }: MessageEvent<LiveMessage>) => hear(data));
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => {
    pause();
    clearTimeout(hiding);
    clearInterval(polling);
    document.removeEventListener('visibilitychange', turn);
    channel.close();
  };
}
