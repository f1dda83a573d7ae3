import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { newUuid } from '../ids.ts';
import type { Queue } from '../queue/queue.ts';
import { receiversOf } from './endpoints.ts';

export type EventType =
  | 'batch.completed'
  | 'batch.completed_with_errors'
  | 'batch.failed'
  | 'batch.cancelled';

export const DELIVERY_STATES = ['pending', 'delivered', 'exhausted'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export type NewEvent = {
  tenantId: number;
  batchId: string;
  type: EventType;
  /** time of the event */
  at: Date;
  /** ids, counts and URLs; the body must stay below 20 kB */
  payload: object;
  callbackEndpointId: string | null;
};

/**
 * The transactional outbox: writes events, their deliveries and the first delivery tasks in the transaction
 * of the change itself, so that no event is lost or invented. Four statements for any number of events.
 */
export async function writeEvents(trx: Db, events: NewEvent[], queue: Queue): Promise<void> {
  const rows = events.map(({ tenantId, batchId, type, at, payload, callbackEndpointId }) => ({
    tenant_id: tenantId,
    event_id: newUuid(),
    type,
    batch_id: batchId,
    body: JSON.stringify({ type, timestamp: at.toISOString(), data: payload }),
    callback_endpoint_id: callbackEndpointId,
  }));
  await sql`
    insert into webhook_events (tenant_id, event_id, type, batch_id, body)
    select * from json_to_recordset(${JSON.stringify(rows)}) as e
      (tenant_id integer, event_id uuid, type text, batch_id uuid, body text)`.execute(trx);
  const receivers = await receiversOf(trx, rows);
  const deliveries = receivers.map(({ tenant_id, event_id, endpoint_id, url }) => {
    return { tenant_id, delivery_id: newUuid(), event_id, endpoint_id, url, attempt: 1, wait_ms: 0 };
  });
  if (deliveries.length === 0) return;
  await sql`
    insert into webhook_deliveries (tenant_id, delivery_id, event_id, endpoint_id, next_attempt_at)
    select *, now() from json_to_recordset(${JSON.stringify(deliveries)}) as d
      (tenant_id integer, delivery_id uuid, event_id uuid, endpoint_id uuid)`.execute(trx);
  await queueAttempts(trx, deliveries, queue);
}

/** Inserts the tasks of attempts. Delays count from the database's clock, because ours may be off. */
export async function queueAttempts(trx: Db, attempts: AttemptTask[], queue: Queue): Promise<void> {
  const tasks = attempts.map(({ tenant_id, delivery_id, url, attempt, wait_ms }) => ({
    id: newUuid(),
    data: { tenant_id, delivery_id, attempt },
    group: { id: receiverOf(tenant_id, url) },
    startAfter: `${Math.round(wait_ms)} milliseconds`,
  }));
  await queue.insert('deliver_webhook', tasks, trx);
}

/**
 * The group within which at most two deliveries are open. Each batch with a `callback_url` has its own
 * endpoint, so the group is the URL, without the query, which may contain the batch.
 */
function receiverOf(tenantId: number, url: string): string {
  const { origin, pathname } = new URL(url);
  return createHash('sha256').update(`${tenantId} ${origin}${pathname}`).digest('hex').slice(0, 32);
}

export type AttemptTask = {
  tenant_id: number;
  delivery_id: string;
  /** URL of the endpoint */
  url: string;
  attempt: number;
  wait_ms: number;
};
