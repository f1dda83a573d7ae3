import { type Kysely, sql } from 'kysely';

async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table products add column quoted text -- '1' for each cell that stood in quotes; null: none did, or it is not known
  `.execute(db);
}

export const asWritten = { up };
