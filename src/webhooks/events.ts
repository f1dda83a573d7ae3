import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { newUuid } from '../ids.ts';
import type { Queue } from '../queue/queue.ts';
import { endpointsFor } from './endpoints.ts';

type EventType = 'batch.completed' | 'batch.completed_with_errors' | 'batch.failed' | 'batch.cancelled';

export const DELIVERY_STATES = ['pending', 'delivered', 'exhausted'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export type NewEvent = {
  tenantId: number;
  batchId: string;
  type: EventType;
  /** ids, counts and URLs; the body must stay under 20 kB */
  payload: object;
  callbackEndpointId: string | null;
};

/**
 * Writes an event, its deliveries and their first tasks into the transaction of what happened (an
 * outbox), so that no event is lost and none is invented.
 */
export async function writeEvent(trx: Db, event: NewEvent, queue: Queue): Promise<void> {
  const { tenantId, batchId, type } = event;
  const eventId = newUuid();
  const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data: event.payload });
  await sql`
    insert into webhook_events (tenant_id, event_id, type, batch_id, body)
    values (${tenantId}, ${eventId}, ${type}, ${batchId}, ${body})`.execute(trx);
  for (const endpointId of await endpointsFor(trx, tenantId, event.callbackEndpointId)) {
    const deliveryId = newUuid();
    await sql`
      insert into webhook_deliveries (tenant_id, delivery_id, event_id, endpoint_id, next_attempt_at)
      values (${tenantId}, ${deliveryId}, ${eventId}, ${endpointId}, now())`.execute(trx);
    await queueAttempt(trx, { tenantId, deliveryId, endpointId, attempt: 1, waitMs: 0 }, queue);
  }
}

/** Inserts the task of one attempt. */
export async function queueAttempt(
  trx: Db,
  { tenantId, deliveryId, endpointId, attempt, waitMs }: AttemptTask,
  queue: Queue,
): Promise<void> {
  const task = {
    id: newUuid(),
    data: { tenant_id: tenantId, delivery_id: deliveryId, attempt },
    group: { id: endpointId },
    ...(waitMs > 0 && { startAfter: new Date(Date.now() + waitMs) }),
  };
  await queue.insert('deliver_webhook', [task], trx);
}

export type AttemptTask = {
  tenantId: number;
  deliveryId: string;
  endpointId: string;
  attempt: number;
  waitMs: number;
};
