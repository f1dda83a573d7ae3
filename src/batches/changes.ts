/**
 * The change log of batches: which images ended with which version of their batch, so that whoever watches a
 * batch learns what happened since any version. A row for each group of results costs a thirtieth of an index
 * on `images.ended_at`, which could not say in which order transactions committed either.
 *
 * Claims and lost tasks are not in it: which images are in work is read from the window, and is always told
 * whole. Cancelling is not in it: it ends every image that has not ended.
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { BatchKey } from './batch.ts';

/** Slots in PostgreSQL's text form of int4multirange. */
export type EndedSlots = { completed: string[]; failed: string[] };

/** SQL: aggregates the column `slot` to ranges, as text. */
export const AS_RANGES = sql`range_agg(int4range(slot, slot, '[]'))::text`;

/** Forgets the changes of earlier rounds: a stream tells one round only. */
export async function forgetRounds(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    delete from batch_changes where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(trx);
}

const KEPT_AFTER_END = '1 hour'; // a client that reconnects later loads all states again

/** Forgets the changes of batches that ended long ago, or are gone. It skips through the index from batch to batch. */
export async function forgetChanges(db: Db): Promise<void> {
  await sql`
    with recursive logged as (
      (select tenant_id, batch_id from batch_changes order by tenant_id, batch_id limit 1)
      union all
      select next.* from logged l cross join lateral (
        select c.tenant_id, c.batch_id from batch_changes c
        where (c.tenant_id, c.batch_id) > (l.tenant_id, l.batch_id)
        order by c.tenant_id, c.batch_id limit 1) next
    )
    delete from batch_changes c using logged l
    where c.tenant_id = l.tenant_id and c.batch_id = l.batch_id and not exists (
      select from batches b
      where b.tenant_id = l.tenant_id and b.batch_id = l.batch_id
        and (b.ended_at is null or b.ended_at > now() - ${KEPT_AFTER_END}::interval))`.execute(db);
}
