import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { sha256Of } from './api-key.ts';
import type { KeyHolder } from './keyring.ts';

/** After its last use; a session ends a week after its begin in any case. */
export const SESSION_LASTS = sql`interval '12 hours'`;

/** @returns the id of the session, for its cookie */
export async function beginSession(db: Db, { tenant_id, key_id }: KeyHolder): Promise<string> {
  const id = randomBytes(32).toString('base64url');
  await sql`
    insert into sessions (session_sha256, tenant_id, key_id, expires_at)
    values (${sha256Of(id)}, ${tenant_id}, ${key_id}, now() + ${SESSION_LASTS})`.execute(db);
  return id;
}

export async function endSession(db: Db, id: string): Promise<void> {
  await sql`delete from sessions where session_sha256 = ${sha256Of(id)}`.execute(db);
}

/** Removes sessions that have expired. */
export async function forgetSessions(db: Db): Promise<void> {
  await sql`delete from sessions where expires_at < now()`.execute(db);
}
