import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- In the byte order of storage keys, whatever the collation of the database: see batches/verify/stored-sets.ts.
    create index rendition_sets_by_key on rendition_sets (tenant_id, hash16 collate "C")
  `.execute(db);
}

export const setsByKey = { up };
