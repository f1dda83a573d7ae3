import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sources add column fresh_until timestamptz; -- as the host said; null: it did not say so
    alter table batches
      add column force boolean not null default false, -- whether everything is done again
      add column fresh_for_s integer check (fresh_for_s >= 0), -- sources fetched within this time are not asked for
      add column reused integer not null default 0 check (reused >= 0); -- completed images for which nothing was made
  `.execute(db);
}

export const reuse = { up };
