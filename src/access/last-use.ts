import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { sha256Of } from './api-key.ts';
import type { KeyHolder } from './keyring.ts';
import { SESSION_LASTS } from './sessions.ts';

const WRITE_EVERY_MS = 5_000;

/**
 * Notes when keys and sessions were last used. They are written now and then, not on the way of a request; each
 * row at most once a minute, by however many processes.
 */
export class LastUse implements AsyncDisposable {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #keys = new Map<string, number>(); // tenants by the ids of their keys
  #sessions = new Set<string>();

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
    this.#timer = setInterval(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  noteKey({ tenant_id, key_id }: KeyHolder): void {
    this.#keys.set(key_id, tenant_id);
  }

  noteSession(id: string): void {
    this.#sessions.add(id);
  }

  async write(): Promise<void> {
    const keys = this.#keys;
    const sessions = [...this.#sessions].map(sha256Of);
    this.#keys = new Map();
    this.#sessions = new Set();
    try {
      if (keys.size > 0) await writeKeys(this.#db, keys);
      if (sessions.length > 0) await extendSessions(this.#db, sessions);
    } catch (error) {
      this.#log.warn({ err: error }, 'the last use of keys cannot be written');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
  }
}

/** Skips rows that another process is writing: it writes the same. */
async function writeKeys(db: Db, keys: Map<string, number>): Promise<void> {
  await sql`
    update api_keys set last_used_at = now()
    where (tenant_id, key_id) in (
      select tenant_id, key_id from api_keys
      where (tenant_id, key_id) in (
          select * from unnest(${[...keys.values()]}::integer[], ${[...keys.keys()]}::uuid[]))
        and (last_used_at is null or last_used_at < now() - interval '1 minute')
      for update skip locked)`.execute(db);
}

async function extendSessions(db: Db, sha256: Buffer[]): Promise<void> {
  await sql`
    update sessions set expires_at = least(now() + ${SESSION_LASTS}, created_at + interval '7 days')
    where session_sha256 in (
      select session_sha256 from sessions
      where session_sha256 = any(${sha256}::bytea[]) and expires_at > now()
        and expires_at < now() + ${SESSION_LASTS} - interval '1 minute'
      for update skip locked)`.execute(db);
}
