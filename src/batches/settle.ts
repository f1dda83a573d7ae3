import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { type NewEvent, writeEvents } from '../webhooks/events.ts';
import { batchBody } from './batch.body.ts';
import { type BatchRow, findBatches } from './batch.queries.ts';
import { type BatchKey, type BatchState, endState, hasEnded } from './batch.ts';
import type { LockedBatch } from './counters.ts';

export type SettleRules = { queue: Queue; publicUrl: string };

/** A round of a batch that this transaction ends. */
export type EndedBatch = BatchKey & { round: number; state: EndState };

type EndState = Exclude<BatchState, 'pending' | 'processing'>;

/**
 * Ends the round of those of the batches of which every image has ended, and writes their events in the
 * same transaction. Whoever ends the last image of a batch, and holds the lock of its row, does so: there is
 * one end and one event a round, and none is waited for. Six statements at the most, however many end.
 */
export async function settleBatches(
  trx: Db,
  batches: Iterable<LockedBatch>,
  rules: SettleRules,
): Promise<EndedBatch[]> {
  const ended = [...batches].filter(hasEnded).map(({ tenantId, batchId, round, ...counts }) => {
    return { tenantId, batchId, round, state: endState(counts) };
  });
  if (ended.length === 0) return [];
  await endRows(trx, ended);
  await tellEnds(trx, ended, rules);
  return ended;
}

export function logEnded(log: Logger, ended: EndedBatch[]): void {
  for (const { batchId, round, state } of ended) log.info({ batch: batchId, round, state }, 'a batch ended');
}

/** The time is that of now: images that this transaction waited for ended after it had begun. */
async function endRows(trx: Db, ended: EndedBatch[]): Promise<void> {
  const rows = ended.map(({ tenantId, batchId, state }) => ({
    tenant_id: tenantId,
    batch_id: batchId,
    state,
  }));
  await sql`
    update batches b
    set state = e.state, ended_at = clock_timestamp(), started_at = coalesce(b.started_at, now()), version = b.version + 1
    from json_to_recordset(${JSON.stringify(rows)}) as e (tenant_id integer, batch_id uuid, state text)
    where b.tenant_id = e.tenant_id and b.batch_id = e.batch_id and b.state in ('pending', 'processing')`.execute(
    trx,
  );
}

/** Writes the events of batches that this transaction has ended. */
export async function tellEnds(trx: Db, ended: BatchKey[], { queue, publicUrl }: SettleRules): Promise<void> {
  const rows = await findBatches(trx, ended);
  await writeEvents(
    trx,
    rows.map((row) => eventOf(row, publicUrl)),
    queue,
  );
}

function eventOf(row: BatchRow, publicUrl: string): NewEvent {
  return {
    tenantId: row.tenant_id,
    batchId: row.batch_id,
    type: `batch.${row.state as EndState}`,
    at: row.until,
    payload: eventPayload(row, publicUrl),
    callbackEndpointId: row.callback_endpoint_id,
  };
}

// Never the images, the warnings or the rejected rows, of which there may be many: a body stays under 20 kB.
const TOLD = [
  ...(['id', 'name', 'state', 'round', 'products', 'counts', 'bytes_in', 'bytes_out', 'reused'] as const),
  ...(['errors_by_code', 'created_at', 'ended_at', 'links'] as const),
];

/** Ids, counts and where the results are. */
function eventPayload(row: BatchRow, publicUrl: string): object {
  const body = batchBody(row, publicUrl);
  return { batch: Object.fromEntries(TOLD.map((name) => [name, body[name]])) };
}
