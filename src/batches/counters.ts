import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isWanted } from '../webhooks/receivers.ts';
import { type BatchKey, type BatchState, type Counts, endedOf } from './batch.ts';
import type { EndedSlots } from './changes.ts';

/** A batch whose row this transaction has locked. Its counters may be changed, and are written by `writeCounters`. */
export type LockedBatch = BatchKey &
  Counts & {
    state: BatchState;
    round: number;
    rejectedRows: number;
    bytesIn: number;
    bytesOut: number;
    reused: number;
    errorsByCode: Record<string, number>;
    /** how many images had ended when the row was locked */
    endedWhenLocked: number;
    /** whether an endpoint asked for its batch.progress */
    wantsProgress: boolean;
    /** that this transaction has completed, in the order in which they were done */
    completedSlots: number[];
    /** the slots of the images that this transaction ended */
    endedSlots: EndedSlots;
  };

type CounterRow = {
  tenant_id: number;
  batch_id: string;
  state: BatchState;
  round: number;
  rejected_rows: number;
  images: number;
  completed: number;
  failed: number;
  cancelled: number;
  bytes_in: number;
  bytes_out: number;
  reused: number;
  errors_by_code: Record<string, number>;
  wants_progress: boolean;
};

const COUNTERS = sql`
  tenant_id, batch_id, state, round, rejected_rows, images, completed, failed, cancelled, bytes_in, bytes_out, reused, errors_by_code,
  ${isWanted('batch.progress', sql`batches.tenant_id`)} as wants_progress`;

/**
 * Locks the rows of running batches, ordered by id.
 * @returns by batch id, without those that have ended
 */
export async function lockBatches(trx: Db, keys: BatchKey[]): Promise<Map<string, LockedBatch>> {
  const tenants = new Map(keys.map((key) => [key.batchId, key.tenantId]));
  const { rows } = await sql<CounterRow>`
    select ${COUNTERS} from batches
    where (tenant_id, batch_id) in (
        select * from unnest(${[...tenants.values()]}::integer[], ${[...tenants.keys()]}::uuid[]))
      and ended_at is null
    order by tenant_id, batch_id
    for update`.execute(trx);
  return new Map(rows.map((row) => [row.batch_id, lockedBatch(row)]));
}

/** Locks the row of one batch in any state. @returns undefined when there is no such batch */
export async function lockBatch(trx: Db, { tenantId, batchId }: BatchKey): Promise<LockedBatch | undefined> {
  const { rows } = await sql<CounterRow>`
    select ${COUNTERS} from batches
    where tenant_id = ${tenantId} and batch_id = ${batchId}
    for update`.execute(trx);
  return rows[0] && lockedBatch(rows[0]);
}

function lockedBatch(row: CounterRow): LockedBatch {
  const { tenant_id, batch_id, rejected_rows, bytes_in, bytes_out, errors_by_code, wants_progress, ...same } =
    row;
  return {
    ...same,
    tenantId: tenant_id,
    batchId: batch_id,
    rejectedRows: rejected_rows,
    bytesIn: bytes_in,
    bytesOut: bytes_out,
    errorsByCode: errors_by_code,
    endedWhenLocked: endedOf(same),
    wantsProgress: wants_progress,
    completedSlots: [],
    endedSlots: { completed: [], failed: [] },
  };
}

/** How many slots a batch keeps in `latest_slots`. */
export const LATEST_SLOTS = 14;

/** Writes the counters, and the change for those who watch the batch (changes.ts). */
export async function writeCounters(trx: Db, batches: Map<string, LockedBatch>): Promise<void> {
  const rows = [...batches.values()].map((batch) => ({
    tenant_id: batch.tenantId,
    batch_id: batch.batchId,
    completed: batch.completed,
    failed: batch.failed,
    bytes_in: batch.bytesIn,
    bytes_out: batch.bytesOut,
    reused: batch.reused,
    errors_by_code: batch.errorsByCode,
    latest_slots: batch.completedSlots.toReversed().slice(0, LATEST_SLOTS),
    completed_slots: batch.endedSlots.completed,
    failed_slots: batch.endedSlots.failed,
  }));
  if (rows.length === 0) return;
  await sql`
    with counted as (
    update batches b
    set completed = c.completed, failed = c.failed, bytes_in = c.bytes_in, bytes_out = c.bytes_out,
      reused = c.reused, errors_by_code = c.errors_by_code, version = b.version + 1,
      latest_slots = (c.latest_slots || b.latest_slots)[:${LATEST_SLOTS}::integer]
    from json_to_recordset(${JSON.stringify(rows)}) as c
      (tenant_id integer, batch_id uuid, completed integer, failed integer, bytes_in bigint, bytes_out bigint, reused integer, errors_by_code jsonb,
        latest_slots integer[], completed_slots int4multirange[], failed_slots int4multirange[])
    where b.tenant_id = c.tenant_id and b.batch_id = c.batch_id and b.ended_at is null
    returning b.tenant_id, b.batch_id, b.version, b.round, b.completed + b.failed as ended, c.completed_slots, c.failed_slots
    )
    insert into batch_changes (tenant_id, batch_id, version, round, ended, completed, failed)
    select tenant_id, batch_id, version, round, ended,
      (select coalesce(range_agg(slots), '{}') from unnest(completed_slots) slots),
      (select coalesce(range_agg(slots), '{}') from unnest(failed_slots) slots)
    from counted where cardinality(completed_slots) + cardinality(failed_slots) > 0`.execute(trx);
}
