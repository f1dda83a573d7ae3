import { sql } from 'kysely';
import type { Db } from './database.ts';

/**
 * Builds an index while the table is written to. It cannot be in a transaction. One that an earlier run left half
 * built is removed first, because PostgreSQL keeps it, writes to it, and never uses it.
 * @param definition goes on after the name: `on images (batch_id) where …`
 */
export async function buildIndex(db: Db, name: string, definition: string): Promise<void> {
  const { rows } = await sql<{ valid: boolean }>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`.execute(db);
  if (rows[0]?.valid) return;
  if (rows[0]) await sql`drop index concurrently ${sql.id(name)}`.execute(db);
  await sql`create index concurrently ${sql.id(name)} ${sql.raw(definition)}`.execute(db);
}
