import { signal } from '@preact/signals';

/** Whether the server answers. While it does not, the page shows what it knew, and since when. */
export type Connection =
  | { state: 'live' }
  /** `seenAt`: when it answered for the last time; `nextTryAt`: both in milliseconds */
  | { state: 'offline'; seenAt: number; nextTryAt: number };

export const connection = signal<Connection>({ state: 'live' });
/** Counts how often the server came back: whoever shows data of it fetches again. */
export const returns = signal(0);

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

let seenAt = Date.now();
let waitMs = FIRST_WAIT_MS;
let timer: ReturnType<typeof setTimeout> | undefined;

export function connectionWorks(): void {
  seenAt = Date.now();
  if (connection.peek().state === 'live') return;
  clearTimeout(timer);
  waitMs = FIRST_WAIT_MS;
  connection.value = { state: 'live' };
  returns.value += 1;
}

export function connectionLost(): void {
  if (connection.peek().state === 'offline') return;
  waitLonger();
}

function waitLonger(): void {
  connection.value = { state: 'offline', seenAt, nextTryAt: Date.now() + waitMs };
  clearTimeout(timer);
  timer = setTimeout(tryNow, waitMs);
  waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
}

/** Asks whether the server is back, without waiting for the next try. */
export function tryNow(): void {
  if (connection.peek().state === 'live') return;
  clearTimeout(timer);
  void fetch('/livez', { cache: 'no-store' }).then(
    (response) => (response.ok ? connectionWorks() : waitLonger()),
    waitLonger,
  );
}

addEventListener('online', tryNow);
addEventListener('focus', tryNow);
