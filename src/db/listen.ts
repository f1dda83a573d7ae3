/**
 * Notifications of PostgreSQL (LISTEN), over a connection of its own, because those of a pool have many users. They are
 * hints: one may be lost with its connection. Behind a pooler, which gives each transaction another session, none
 * would arrive, and nobody listens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { type Connecting, cut, processIdOf } from './connections.ts';

export type Listening = {
  /** Whether notifications arrive now, as far as is known. */
  isOn(): boolean;
  /** Resolves when nobody listens any more: it was stopped, or there is a pooler. */
  over: Promise<void>;
  stop(): Promise<void>;
};

export type Listener = {
  onNotice(payload: string): void;
  /** Is called whenever it begins to listen. What was sent before is lost. */
  onStart(): void;
};

const AGAIN_AFTER_MS = 2_000;

/** Listens until it is stopped, over a new connection when one is lost. */
export function listen(connecting: Connecting, channel: string, { onNotice, onStart }: Listener): Listening {
  const ending = new AbortController();
  let isOn = false;

  /** @returns whether it is worth trying again */
  async function listenOnce(): Promise<boolean> {
    const client = connecting({ application_name: 'minilab wake-ups' });
    const lost = Promise.withResolvers<void>();
    const end = (): void => cut(client, 'nobody listens any more'); // an answer may never come
    client.on('error', () => {}); // 'end' follows
    client.on('end', lost.resolve);
    client.on('notification', ({ payload = '' }) => onNotice(payload));
    ending.signal.addEventListener('abort', end);
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      if (rows[0]?.pid !== processIdOf(client)) return false;
      await client.query(`listen ${escapeIdentifier(channel)}`);
      isOn = true;
      onStart();
      await lost.promise;
      return true;
    } finally {
      isOn = false;
      ending.signal.removeEventListener('abort', end);
      await client.end().catch(() => {});
    }
  }

  async function keepListening(): Promise<void> {
    const { signal } = ending;
    while (!signal.aborted && (await listenOnce().catch(() => true)))
      await sleep(AGAIN_AFTER_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }

  const over = keepListening();
  return {
    isOn: () => isOn,
    over,
    async stop() {
      ending.abort();
      await over;
    },
  };
}
