/**
 * What a process knows of keys and sessions. It asks the database again after two seconds, so that a request
 * costs no statement in the usual case, and a revocation is effective in every process within three.
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Scope } from '../http/principal.ts';
import { sha256Of } from './api-key.ts';
import { IS_ACTIVE } from './key.queries.ts';
import { TimedCache } from './timed-cache.ts';

const MAX_AGE_MS = 2_000;

/** A key that is valid, and the tenant that it belongs to. */
export type KeyHolder = {
  tenant_id: number;
  tenant: string;
  key_id: string;
  name: string;
  scope: Scope;
};

const HOLDER = sql`k.tenant_id, t.name as tenant, k.key_id, k.name, k.scope`;

export class Keyring {
  readonly #keys: TimedCache<string, KeyHolder | undefined>; // by SHA-256 in hex
  readonly #sessions: TimedCache<string, KeyHolder | undefined>;
  readonly #needsKeys: TimedCache<'all', boolean>;
  #lastKnown = true;

  /** @param isExposed whether others than this machine may reach the server: then it is never open */
  constructor(db: Db, isExposed: boolean) {
    this.#keys = new TimedCache((sha256) => findKeyHolder(db, sha256), MAX_AGE_MS);
    this.#sessions = new TimedCache((sha256) => findSessionHolder(db, sha256), MAX_AGE_MS);
    this.#needsKeys = new TimedCache(async () => {
      this.#lastKnown = isExposed || (await readNeedsKeys(db));
      return this.#lastKnown;
    }, MAX_AGE_MS);
  }

  /** Whether requests without a key are refused. */
  needsKeys(): Promise<boolean> {
    return this.#needsKeys.get('all');
  }

  /** Like needsKeys, as it was last known: for routes that must answer without a database. */
  neededKeys(): boolean {
    void this.needsKeys().catch(() => {});
    return this.#lastKnown;
  }

  ofKey(key: string): Promise<KeyHolder | undefined> {
    return this.#keys.get(hexOf(key));
  }

  ofSession(id: string): Promise<KeyHolder | undefined> {
    return this.#sessions.get(hexOf(id));
  }

  /** After a change of keys in this process, which need not wait for it. */
  forgetAll(): void {
    for (const cache of [this.#keys, this.#sessions, this.#needsKeys]) cache.forgetAll();
  }

  forgetSession(id: string): void {
    this.#sessions.forget(hexOf(id));
  }
}

function hexOf(secret: string): string {
  return sha256Of(secret).toString('hex');
}

async function findKeyHolder(db: Db, sha256: string): Promise<KeyHolder | undefined> {
  const { rows } = await sql<KeyHolder>`
    select ${HOLDER} from api_keys k join tenants t on t.tenant_id = k.tenant_id
    where k.key_sha256 = ${Buffer.from(sha256, 'hex')} and ${IS_ACTIVE}`.execute(db);
  return rows[0];
}

async function findSessionHolder(db: Db, sha256: string): Promise<KeyHolder | undefined> {
  const { rows } = await sql<KeyHolder>`
    select ${HOLDER} from sessions s
    join api_keys k on k.tenant_id = s.tenant_id and k.key_id = s.key_id
    join tenants t on t.tenant_id = k.tenant_id
    where s.session_sha256 = ${Buffer.from(sha256, 'hex')} and s.expires_at > now() and ${IS_ACTIVE}`.execute(
    db,
  );
  return rows[0];
}

async function readNeedsKeys(db: Db): Promise<boolean> {
  const { rows } = await sql<{ needs_keys: boolean }>`select needs_keys from access`.execute(db);
  return rows[0]?.needs_keys !== false;
}
