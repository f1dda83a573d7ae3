import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import type { Sharing } from './join.ts';
import { listShared, valuesOf } from './shared.queries.ts';
import { effectOf, SHARED_NAMES, type SharedName, type SharedValues } from './shared-settings.ts';

const LOOK_EVERY_MS = 4_000; // so that changes are seen within 5 s

/** The shared settings while a process runs. */
export type LiveSettings<C> = {
  /** the settings of this process, as far as they may change while it runs */
  now(): C;
  /** what all processes share */
  values(): SharedValues;
  stop(): void;
};

export type LiveParts<C> = {
  db: Db;
  /** what this process says itself */
  own: C;
  /** what is shared at its start */
  values: SharedValues;
  /** whether what this process says itself counts more: with the bundled database */
  prefersOwn: boolean;
  log: Logger;
};

/** Looks for changes of shared settings every few seconds, in every process. */
export function followShared<C extends Sharing<C>>(parts: LiveParts<C>): LiveSettings<C> {
  const { db, own, prefersOwn, log } = parts;
  let { values } = parts;
  let config = withValues(values);
  let isOver = false;

  /** Always of what it says itself, so that what is shared no longer has no effect either. */
  function withValues(shared: SharedValues): C {
    return own.withShared(prefersOwn ? { under: shared } : { over: shared });
  }

  async function look(): Promise<void> {
    const next = valuesOf(await listShared(db));
    const changed = SHARED_NAMES.filter((name) => next[name] !== values[name]);
    if (changed.length === 0) return;
    values = next;
    for (const name of changed) tell(log, name, next[name]);
    config = withValues(next);
  }

  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      if (!isOver) log.warn({ err: error }, 'the shared settings cannot be read');
    });
  }, LOOK_EVERY_MS).unref();
  return {
    now: () => config,
    values: () => values,
    stop() {
      isOver = true;
      clearInterval(timer);
    },
  };
}

/** A URL of webhooks may hold a secret of its receiver. */
function tell(log: Logger, setting: SharedName, value: string | undefined): void {
  const change = { setting, ...(setting !== 'WEBHOOK_URL' && { value: value ?? null }) };
  log.warn(change, `a shared setting has changed: ${effectOf(setting)}`);
}
