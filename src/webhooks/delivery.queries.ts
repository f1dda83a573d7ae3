import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { EventType } from './event-types.ts';
import type { DeliveryState } from './events.ts';

export type DeliveryKey = { tenantId: number; deliveryId: string };

export type ListedDelivery = {
  delivery_id: string;
  endpoint_id: string;
  /** of its endpoint, today */
  url: string;
  event_id: string;
  type: EventType;
  batch_id: string | null;
  /** null: the batch has been deleted, or the event is of none */
  batch_name: string | null;
  state: DeliveryState;
  attempts: number;
  last_status: number | null;
  /** why the last attempt got no answer */
  last_error: string | null;
  next_attempt_at: Date | null;
  created_at: Date;
  ended_at: Date | null;
};

export type AttemptRow = {
  attempt: number;
  at: Date;
  /** null: an older version did not keep it */
  url: string | null;
  headers: Record<string, string> | null;
  status: number | null;
  error: string | null;
  duration_ms: number;
  answer: string;
  answer_headers: Record<string, string> | null;
};

const DELIVERIES = sql`
  select d.delivery_id, d.endpoint_id, p.url, d.event_id, e.type, e.batch_id, b.name as batch_name, d.state, d.attempts, d.last_status,
    (select a.error from webhook_attempts a
      where a.tenant_id = d.tenant_id and a.delivery_id = d.delivery_id and a.attempt = d.attempts) as last_error,
    d.next_attempt_at, d.created_at, d.ended_at, e.body
  from webhook_deliveries d
  join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
  join webhook_endpoints p on p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
  left join batches b on b.tenant_id = e.tenant_id and b.batch_id = e.batch_id`;

export type DeliveryFilter = {
  endpointId: string | undefined;
  batchId: string | undefined;
  state: DeliveryState | undefined;
  type: EventType | undefined;
  /** the last id of the previous page */
  before: string;
  limit: number;
};

/** Newest first. */
export async function listDeliveries(
  db: Db,
  tenantId: number,
  { before, limit, ...filter }: DeliveryFilter,
): Promise<ListedDelivery[]> {
  const { rows } = await sql<ListedDelivery>`
    ${DELIVERIES}
    where d.tenant_id = ${tenantId} and d.delivery_id < ${before}::uuid ${whereDeliveries(filter)}
    order by d.delivery_id desc limit ${limit}`.execute(db);
  return rows;
}

/** SQL: of a delivery `d` and its event `e`, for all but the tenant and the place in the list. */
export function whereDeliveries({
  endpointId,
  batchId,
  state,
  type,
}: Omit<DeliveryFilter, 'before' | 'limit'>): RawBuilder<unknown> {
  return sql`
      ${onlyIf(endpointId, (id) => sql`and d.endpoint_id = ${id}::uuid`)}
      ${onlyIf(batchId, (id) => sql`and e.batch_id = ${id}::uuid`)}
      ${onlyIf(state, (one) => sql`and d.state = ${one}`)}
      ${onlyIf(type, (one) => sql`and e.type = ${one}`)}`;
}

function onlyIf<T>(value: T | undefined, part: (value: T) => RawBuilder<unknown>): RawBuilder<unknown> {
  return value === undefined ? sql`` : part(value);
}

/** @returns with the body of its event */
export async function findDelivery(
  db: Db,
  { tenantId, deliveryId }: DeliveryKey,
): Promise<(ListedDelivery & { body: string }) | undefined> {
  const { rows } = await sql<ListedDelivery & { body: string }>`
    ${DELIVERIES} where d.tenant_id = ${tenantId} and d.delivery_id = ${deliveryId}`.execute(db);
  return rows[0];
}

/** In their order. */
export async function listAttemptsOf(db: Db, { tenantId, deliveryId }: DeliveryKey): Promise<AttemptRow[]> {
  const { rows } = await sql<AttemptRow>`
    select attempt, at, url, headers, status, error, duration_ms, answer, answer_headers from webhook_attempts
    where tenant_id = ${tenantId} and delivery_id = ${deliveryId} order by attempt`.execute(db);
  return rows;
}
