import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/**
 * Adds up the changes of stored bytes to one row per tenant. Whoever reads the table meanwhile sees either the
 * rows or their sum. Any number of workers may do it: each adds up the rows that it has deleted.
 */
export async function foldStoredBytes(db: Db): Promise<void> {
  await sql`
    with changes as (
      delete from stored_bytes
      where tenant_id in (
        select tenant_id from stored_bytes group by tenant_id having count(*) > 1 or sum(bytes) = 0)
      returning tenant_id, bytes
    )
    insert into stored_bytes
    select tenant_id, sum(bytes) from changes group by tenant_id having sum(bytes) <> 0`.execute(db);
}
