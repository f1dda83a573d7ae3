import { sql } from 'kysely';
import { STATE_NOW } from '../images/image.ts';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';
import type { Flaw } from '../errors.ts';
import { END_EVENTS } from '../webhooks/event-types.ts';
import type { DeliveryState } from '../webhooks/events.ts';
import { END_IS_WANTED } from '../webhooks/receivers.ts';
import { LAST_UUID } from '../ids.ts';
import type { OnPlaceholder } from '../pipeline/marks.ts';
import type { BatchKey, BatchState } from './batch.ts';

/** The columns of a batch that change while it runs, and what its speed is computed from. */
export type ProgressRow = {
  tenant_id: number;
  batch_id: string;
  state: BatchState;
  round: number;
  version: number;
  images: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  bytes_in: number;
  bytes_out: number;
  reused: number;
  errors_by_code: Record<string, number>;
  started_at: Date | null;
  /** the begin of the present round */
  began_at: Date;
  /** how many images had ended when the round began */
  ended_before: number;
  ended_at: Date | null;
  /** the end of the batch, or now by the database's clock */
  until: Date;
};

export type BatchRow = ProgressRow & {
  name: string;
  retry_planned: boolean;
  preset: string;
  main_preset: string | null;
  apparel: boolean | null;
  products: number;
  warnings: Flaw[];
  warning_count: number;
  rejected_rows: number;
  row_errors: Flaw[];
  row_error_count: number;
  created_at: Date;
  /** counted from `began_at` */
  deadline_hours: number;
  placeholders: OnPlaceholder;
  callback_endpoint_id: string | null;
  /** of the end of the last round, to callback_url or WEBHOOK_URL, else to a registered endpoint; null until then */
  delivery: {
    state: DeliveryState;
    last_status: number | null;
    next_attempt_at: string | null;
    last_error: string | null;
  } | null;
  /** whether its event will have a delivery */
  has_endpoint: boolean;
};

/** Of a row `b` of `batches`; `processing` is a column of its own. */
export const PROGRESS_COLUMNS = sql`
  b.tenant_id, b.batch_id, b.state, b.round, b.version, b.images, b.completed, b.failed, b.cancelled, b.bytes_in, b.bytes_out,
  b.reused, b.errors_by_code, b.started_at, b.began_at, b.ended_before, b.ended_at, coalesce(b.ended_at, clock_timestamp()) as until`;

const COLUMNS = sql`
  ${PROGRESS_COLUMNS}, b.name, b.preset, b.main_preset, b.apparel, b.products, b.planned_retries is not null as retry_planned,
  (select count(*) from images i
    where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id
      and i.task_id is not null and ${STATE_NOW} = 'processing' and b.ended_at is null) as processing,
  b.warnings, b.warning_count, b.rejected_rows, b.row_errors, b.row_error_count,
  b.created_at, b.deadline_hours, b.placeholders, b.callback_endpoint_id,
  (select json_build_object('state', d.state, 'last_status', d.last_status, 'next_attempt_at', d.next_attempt_at,
      'last_error', (select a.error from webhook_attempts a
        where a.tenant_id = d.tenant_id and a.delivery_id = d.delivery_id and a.attempt = d.attempts))
    from webhook_events e
    join webhook_deliveries d on d.tenant_id = e.tenant_id and d.event_id = e.event_id
    join webhook_endpoints p on p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
    where e.tenant_id = b.tenant_id and e.batch_id = b.batch_id and b.ended_at is not null
      and e.type = any(${sql.val([...END_EVENTS])})
    -- callback_url or WEBHOOK_URL first; of registered endpoints, the one that is furthest from having it
    order by e.event_id desc, p.kind = 'registered', array_position(array['pending', 'exhausted'], d.state), d.delivery_id
    limit 1) as delivery,
  ${END_IS_WANTED} as has_endpoint`;

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

/** What watching a batch needs. */
export type BatchProgress = {
  state: BatchState;
  round: number;
  version: number;
  images: number;
  has_ended: boolean;
};

/** @returns undefined when there is no such batch */
export async function batchProgress(
  db: Db,
  { tenantId, batchId }: BatchKey,
): Promise<BatchProgress | undefined> {
  const { rows } = await sql<BatchProgress>`
    select state, round, version, images, ended_at is not null as has_ended from batches
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
  /** the exact name */
  name: string | undefined;
  /** a part of the name, in upper or lower case */
  q: string | undefined;
  createdAfter: Date | undefined;
};

/** Newest first, which is the order of ids. Users see times in milliseconds, so times are compared in milliseconds. */
export async function listBatches(db: Db, filter: BatchFilter): Promise<BatchRow[]> {
  const { tenantId, limit, before, state } = filter;
  const { rows } = await sql<BatchRow>`
    select ${COLUMNS} from batches b
    where b.tenant_id = ${tenantId} ${whereNamed(filter)} and b.batch_id < ${before ?? LAST_UUID}::uuid
      ${when(state !== undefined, sql`and b.state = ${state}`)}
    order by b.batch_id desc
    limit ${limit}`.execute(db);
  return rows;
}

/** How many batches of a list there are in each state; states without any are left out. */
export async function countBatches(
  db: Db,
  filter: Omit<BatchFilter, 'limit' | 'before' | 'state'>,
): Promise<{ state: BatchState; batches: number }[]> {
  const { rows } = await sql<{ state: BatchState; batches: number }>`
    select b.state, count(*) as batches from batches b
    where b.tenant_id = ${filter.tenantId} ${whereNamed(filter)}
    group by b.state`.execute(db);
  return rows;
}

// The bundled server's locale is C, whose lower() knows ASCII only.
const CASELESS = sql`collate pg_c_utf8`;

function whereNamed({ name, q, createdAfter }: Pick<BatchFilter, 'name' | 'q' | 'createdAfter'>) {
  return sql`
      ${when(name !== undefined, sql`and b.name = ${name}`)}
      ${when(q !== undefined, sql`and strpos(lower(b.name ${CASELESS}), lower(${q} ${CASELESS})) > 0`)}
      ${when(createdAfter !== undefined, sql`and date_trunc('milliseconds', b.created_at) > ${createdAfter}`)}`;
}
