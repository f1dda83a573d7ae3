import { type Kysely, sql } from 'kysely';

/** When a worker has last stored a file: another one that cannot, and sees that, is cut off alone. */
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table workers add column stored_at timestamptz`.execute(db);
}

export const workerStoredAt = { up };
