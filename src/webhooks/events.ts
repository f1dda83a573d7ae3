import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { newUuid } from '../ids.ts';
import type { Queue } from '../queue/queue.ts';
import { announceTasks } from '../queue/wake-ups.ts';
import type { EventType } from './event-types.ts';
import { type Receiver, receiversOf } from './receivers.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'exhausted'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export type NewEvent = {
  tenantId: number;
  type: EventType;
  /** time of the event */
  at: Date;
  /** ids, counts and URLs; the body must stay below 20 kB */
  payload: object;
  /** the batch that it tells of */
  batch?: { id: string; callbackEndpointId: string | null };
  /** the endpoint that it is about, which does not get it */
  notTo?: string;
};

/** A row of `webhook_events`. */
type EventRow = {
  tenant_id: number;
  event_id: string;
  type: EventType;
  batch_id: string | null;
  body: string;
};

/**
 * The transactional outbox: writes events, their deliveries and the first delivery tasks in the transaction
 * of the change itself, so that no event is lost or invented. Five statements for any number of events.
 */
export async function writeEvents(trx: Db, events: NewEvent[], queue: Queue): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    ...eventRow(event),
    callback_endpoint_id: event.batch?.callbackEndpointId ?? null,
    not_to: event.notTo ?? null,
  }));
  await insertEvents(trx, rows);
  await insertDeliveries(trx, await receiversOf(trx, rows), queue);
}

/** Writes an event for one endpoint alone. @returns the id of its delivery */
export async function writeEventTo(
  trx: Db,
  event: NewEvent,
  { endpoint, queue }: { endpoint: Pick<Receiver, 'endpoint_id' | 'url'>; queue: Queue },
): Promise<string> {
  const row = eventRow(event);
  await insertEvents(trx, [row]);
  const { tenant_id, event_id } = row;
  const [id = ''] = await insertDeliveries(trx, [{ ...endpoint, tenant_id, event_id, slow: false }], queue);
  return id;
}

function eventRow({ tenantId, type, at, payload, batch }: NewEvent): EventRow {
  return {
    tenant_id: tenantId,
    event_id: newUuid(),
    type,
    batch_id: batch?.id ?? null,
    body: JSON.stringify({ type, timestamp: at.toISOString(), data: payload }),
  };
}

async function insertEvents(trx: Db, rows: EventRow[]): Promise<void> {
  await sql`
    insert into webhook_events (tenant_id, event_id, type, batch_id, body)
    select * from json_to_recordset(${JSON.stringify(rows)}) as e
      (tenant_id integer, event_id uuid, type text, batch_id uuid, body text)`.execute(trx);
}

/** @returns the ids of the deliveries */
async function insertDeliveries(trx: Db, receivers: Receiver[], queue: Queue): Promise<string[]> {
  const deliveries = receivers.map((receiver) => ({
    ...receiver,
    delivery_id: newUuid(),
    attempt: 1,
    wait_ms: 0,
  }));
  if (deliveries.length === 0) return [];
  await sql`
    insert into webhook_deliveries (tenant_id, delivery_id, event_id, endpoint_id, next_attempt_at)
    select *, now() from json_to_recordset(${JSON.stringify(deliveries)}) as d
      (tenant_id integer, delivery_id uuid, event_id uuid, endpoint_id uuid)`.execute(trx);
  await queueAttempts(trx, deliveries, queue);
  return deliveries.map((delivery) => delivery.delivery_id);
}

export type AttemptTask = {
  tenant_id: number;
  delivery_id: string;
  /** URL of the endpoint */
  url: string;
  /** whether the last attempt at the endpoint timed out */
  slow: boolean;
  attempt: number;
  wait_ms: number;
};

/** Slow endpoints have a lane of their own, and one task at a time each (webhook.tasks.ts). */
export const SLOW_LANE = { priority: -1, tier: 'slow' } as const;

/** Inserts the tasks of attempts. Delays count from the database's clock, because ours may be off. */
export async function queueAttempts(trx: Db, attempts: AttemptTask[], queue: Queue): Promise<void> {
  const tasks = attempts.map(({ tenant_id, delivery_id, url, slow, attempt, wait_ms }) => {
    const group = { id: receiverOf(tenant_id, url) };
    return {
      id: newUuid(),
      data: { tenant_id, delivery_id, attempt },
      startAfter: `${Math.round(wait_ms)} milliseconds`,
      ...(slow ? { group: { ...group, tier: SLOW_LANE.tier }, priority: SLOW_LANE.priority } : { group }),
    };
  });
  await queue.insert('deliver_webhook', tasks, trx);
  if (attempts.some(({ wait_ms: waitMs }) => waitMs === 0)) await announceTasks(trx, 'deliver_webhook');
}

/**
 * The group within which at most two deliveries are open. Each batch with a `callback_url` has its own
 * endpoint, so the group is the URL, without the query, which may contain the batch.
 */
function receiverOf(tenantId: number, url: string): string {
  const { origin, pathname } = new URL(url);
  return createHash('sha256').update(`${tenantId} ${origin}${pathname}`).digest('hex').slice(0, 32);
}
