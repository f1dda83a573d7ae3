import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { BatchKey } from '../batch.ts';
import { STATE_NOW } from '../../images/image.ts';
import { PROGRESS_COLUMNS, type ProgressRow } from '../batch.queries.ts';

/** A batch, and the versions whose changes are wanted: those after `since`, up to `upTo` or the present one. */
export type WantedChanges = BatchKey & { since: number; upTo: number | undefined };

export type ChangesRow = ProgressRow & {
  /** which of the wanted ones, from 0 */
  ordinal: number;
  /** completed and failed images of the batch at `since`, as the change log says */
  base: number;
  /** ranges of slots in work now, as int4multirange */
  processing_slots: string;
  /** ranges of slots that completed since; null: there are too many changes to tell any */
  completed_slots: string | null;
  /** that failed since; none where there are too many changes */
  failed_slots: string;
};

const MOST_CHANGES = 2_000; // two minutes and more of several workers; who was away for longer reads all states

/** The batches as they are now, with their changes. One statement, however many there are. */
export async function readChanges(db: Db, wanted: WantedChanges[]): Promise<ChangesRow[]> {
  const { rows } = await sql<ChangesRow>`
    select w.ordinal::integer - 1 as ordinal, ${PROGRESS_COLUMNS},
      coalesce((
        select c.ended from batch_changes c
        where c.tenant_id = b.tenant_id and c.batch_id = b.batch_id and c.version <= w.since and c.round = b.round
        order by c.version desc limit 1), b.ended_before) as base,
      p.processing, p.processing_slots, c.completed_slots, c.failed_slots
    from unnest(${wanted.map((one) => one.tenantId)}::integer[], ${wanted.map((one) => one.batchId)}::uuid[],
        ${wanted.map((one) => one.since)}::bigint[], ${wanted.map((one) => one.upTo ?? null)}::bigint[])
      with ordinality as w (tenant_id, batch_id, since, up_to, ordinal)
    join batches b on b.tenant_id = w.tenant_id and b.batch_id = w.batch_id
    cross join lateral (
      select count(*) as processing, coalesce(range_agg(int4range(i.slot, i.slot, '[]')), '{}')::text as processing_slots
      from images i
      where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id and i.task_id is not null
        and ${STATE_NOW} = 'processing' and b.ended_at is null) p
    cross join lateral (
      select case when count(*) <= ${MOST_CHANGES} then coalesce(range_agg(c.failed), '{}')::text else '{}' end as failed_slots,
        case when count(*) <= ${MOST_CHANGES} then coalesce(range_agg(c.completed), '{}')::text end as completed_slots
      from (
        -- 100,000 changes would take seconds, for which all other readers wait
        select c.failed, c.completed from batch_changes c
        where c.tenant_id = b.tenant_id and c.batch_id = b.batch_id and c.round = b.round
          and c.version > w.since and c.version <= least(w.up_to, b.version)
        order by c.version limit ${MOST_CHANGES + 1}) c) c`.execute(db);
  return rows;
}

export type FailedImage = {
  batch_id: string;
  image_id: string;
  slot: number;
  row_number: number;
  position: number;
  error_code: string;
  error_detail: string | null;
};

/** Images by batch and slot, those that have failed and are not retried meanwhile. */
export async function readFailed(db: Db, slots: (BatchKey & { slot: number })[]): Promise<FailedImage[]> {
  const { rows } = await sql<FailedImage>`
    select i.batch_id, i.image_id, i.slot, i.row_number, i.position, i.error_code, i.error_detail
    from unnest(${slots.map((one) => one.tenantId)}::integer[], ${slots.map((one) => one.batchId)}::uuid[],
      ${slots.map((one) => one.slot)}::integer[]) as w (tenant_id, batch_id, slot)
    join images i on i.tenant_id = w.tenant_id and i.batch_id = w.batch_id and i.slot = w.slot
    where i.state = 'failed'
    order by i.slot`.execute(db);
  return rows;
}

export type VersionRow = { tenant_id: number; batch_id: string; version: number; has_ended: boolean };

/** The versions of those of the batches that there are. */
export async function readVersions(db: Db, keys: BatchKey[]): Promise<VersionRow[]> {
  const { rows } = await sql<VersionRow>`
    select b.tenant_id, b.batch_id, b.version, b.ended_at is not null as has_ended
    from unnest(${keys.map((key) => key.tenantId)}::integer[], ${keys.map((key) => key.batchId)}::uuid[]) as k (tenant_id, batch_id)
    join batches b on b.tenant_id = k.tenant_id and b.batch_id = k.batch_id`.execute(db);
  return rows;
}
