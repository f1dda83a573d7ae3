import type { Db } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import type { BatchEventType } from '../webhooks/event-types.ts';
import { writeEvents } from '../webhooks/events.ts';
import { batchBody } from './batch.body.ts';
import type { BatchSummary } from './event-documents.ts';
import { type BatchRow, findBatches } from './batch.queries.ts';
import type { BatchKey } from './batch.ts';

export type EventRules = { queue: Queue; publicUrl: string };

export type BatchEvent = BatchKey & { type: BatchEventType };

/**
 * Writes events of batches and their deliveries in the transaction of what happened (a transactional
 * outbox), with the batches as they are now. At most one event of each batch. Six statements at most,
 * however many events.
 */
export async function writeBatchEvents(
  trx: Db,
  events: BatchEvent[],
  { queue, publicUrl }: EventRules,
): Promise<void> {
  if (events.length === 0) return;
  const types = new Map(events.map(({ batchId, type }) => [batchId, type]));
  const rows = await findBatches(trx, events);
  const written = rows.flatMap((row) => {
    const type = types.get(row.batch_id);
    return type === undefined ? [] : [{ ...eventOf(row, publicUrl), type }];
  });
  await writeEvents(trx, written, queue);
}

function eventOf(row: BatchRow, publicUrl: string) {
  return {
    tenantId: row.tenant_id,
    at: row.until,
    payload: { batch: summaryOf(row, publicUrl) },
    batch: { id: row.batch_id, callbackEndpointId: row.callback_endpoint_id },
  };
}

/** The body of an event stays under 20 kB. */
function summaryOf(row: BatchRow, publicUrl: string): BatchSummary {
  const body = batchBody(row, publicUrl);
  return {
    id: body.id,
    name: body.name,
    state: body.state,
    round: body.round,
    products: body.products,
    counts: body.counts,
    percent: body.percent,
    bytes_in: body.bytes_in,
    bytes_out: body.bytes_out,
    reused: body.reused,
    errors_by_code: body.errors_by_code,
    created_at: body.created_at,
    ended_at: body.ended_at,
    links: body.links,
  };
}
