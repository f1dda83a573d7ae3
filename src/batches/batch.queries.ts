import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';
import type { Flaw } from '../errors.ts';
import type { DeliveryState } from '../webhooks/events.ts';
import { LAST_UUID } from '../ids.ts';
import type { BatchKey, BatchState } from './batch.ts';

export type BatchRow = {
  tenant_id: number;
  batch_id: string;
  name: string;
  state: BatchState;
  round: number;
  retry_planned: boolean;
  version: number;
  preset: string;
  products: number;
  images: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  bytes_in: number;
  bytes_out: number;
  reused: number;
  errors_by_code: Record<string, number>;
  warnings: Flaw[];
  warning_count: number;
  rejected_rows: number;
  row_errors: Flaw[];
  row_error_count: number;
  created_at: Date;
  started_at: Date | null;
  /** the begin of the present round */
  began_at: Date;
  /** counted from `began_at` */
  deadline_hours: number;
  /** how many images had ended when the round began */
  ended_before: number;
  ended_at: Date | null;
  /** the end of the batch, or now by the database's clock */
  until: Date;
  callback_endpoint_id: string | null;
  /** of the batch's newest event; null until the batch has ended */
  delivery: {
    state: DeliveryState;
    last_status: number | null;
    next_attempt_at: string | null;
    last_error: string | null;
  } | null;
  /** whether its event will have a delivery */
  has_endpoint: boolean;
};

const COLUMNS = sql`
  b.tenant_id, b.batch_id, b.name, b.state, b.round, b.planned_retries is not null as retry_planned, b.version, b.preset, b.products, b.images,
  (select count(*) from images i
    where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id
      and i.task_id is not null and i.state = 'processing' and b.ended_at is null) as processing,
  b.completed, b.failed, b.cancelled, b.bytes_in, b.bytes_out, b.reused, b.errors_by_code,
  b.warnings, b.warning_count, b.rejected_rows, b.row_errors, b.row_error_count,
  b.created_at, b.started_at, b.began_at, b.deadline_hours, b.ended_before, b.ended_at, coalesce(b.ended_at, clock_timestamp()) as until, b.callback_endpoint_id,
  (select json_build_object('state', d.state, 'last_status', d.last_status, 'next_attempt_at', d.next_attempt_at,
      'last_error', (select a.error from webhook_attempts a
        where a.tenant_id = d.tenant_id and a.delivery_id = d.delivery_id and a.attempt = d.attempts))
    from webhook_events e
    join webhook_deliveries d on d.tenant_id = e.tenant_id and d.event_id = e.event_id
    where e.tenant_id = b.tenant_id and e.batch_id = b.batch_id and b.ended_at is not null
    order by e.event_id desc limit 1) as delivery,
  (b.callback_endpoint_id is not null or exists (
    select from webhook_endpoints p
    where p.tenant_id = b.tenant_id and p.kind = 'configured' and p.disabled_at is null)) as has_endpoint`;

export async function findBatch(db: Db, key: BatchKey): Promise<BatchRow | undefined> {
  return (await findBatches(db, [key]))[0];
}

/** @returns the batches that there are, ordered by id */
export async function findBatches(db: Db, keys: BatchKey[]): Promise<BatchRow[]> {
  const { rows } = await sql<BatchRow>`
    select ${COLUMNS} from batches b
    where (b.tenant_id, b.batch_id) in (
      select * from unnest(${keys.map((key) => key.tenantId)}::integer[], ${keys.map((key) => key.batchId)}::uuid[]))
    order by b.tenant_id, b.batch_id`.execute(db);
  return rows;
}

/** What waiting for a change needs; undefined when there is no such batch. */
export async function batchProgress(
  db: Db,
  { tenantId, batchId }: BatchKey,
): Promise<{ version: number; has_ended: boolean } | undefined> {
  const { rows } = await sql<{ version: number; has_ended: boolean }>`
    select version, ended_at is not null as has_ended from batches
    where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(db);
  return rows[0];
}

/** @returns undefined when there is no such batch */
export async function batchStateOf(db: Db, { tenantId, batchId }: BatchKey): Promise<BatchState | undefined> {
  const { rows } = await sql<{ state: BatchState }>`
    select state from batches where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(db);
  return rows[0]?.state;
}

export type BatchFilter = {
  tenantId: number;
  limit: number;
  /** the last id of the previous page */
  before: string | undefined;
  state: BatchState | undefined;
  name: string | undefined;
  createdAfter: Date | undefined;
};

/** Newest first, which is the order of ids. Users see times in milliseconds, so times are compared in milliseconds. */
export async function listBatches(db: Db, filter: BatchFilter): Promise<BatchRow[]> {
  const { tenantId, limit, before, state, name, createdAfter } = filter;
  const { rows } = await sql<BatchRow>`
    select ${COLUMNS} from batches b
    where b.tenant_id = ${tenantId} and b.batch_id < ${before ?? LAST_UUID}::uuid
      ${when(state !== undefined, sql`and b.state = ${state}`)}
      ${when(name !== undefined, sql`and b.name = ${name}`)}
      ${when(createdAfter !== undefined, sql`and date_trunc('milliseconds', b.created_at) > ${createdAfter}`)}
    order by b.batch_id desc
    limit ${limit}`.execute(db);
  return rows;
}
