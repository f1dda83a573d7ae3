import { type Kysely, sql } from 'kysely';

/** A purge that is asked for again keeps the time at which it removed files. */
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table purges
      drop constraint purges_check1, -- (state = 'removed') = (removed_at is not null)
      add constraint purges_removed_at check (state <> 'removed' or removed_at is not null);
  `.execute(db);
}

export const purgeMemory = { up };
