import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Stalls count within a round, and no round lasts longer than 168 hours (queue/watchdog.ts writes them). */
export async function forgetStalls(db: Db): Promise<void> {
  await sql`delete from stalls where at < now() - interval '8 days'`.execute(db);
}
