import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Stalls, which watchdogs record, count within a round. No round lasts longer than 168 hours. */
export async function forgetStalls(db: Db): Promise<void> {
  await sql`delete from stalls where at < now() - interval '8 days'`.execute(db);
}
