import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { writeEvent } from '../webhooks/events.ts';
import { batchBody } from './batch.body.ts';
import { type BatchRow, findBatch } from './batch.queries.ts';
import { type BatchKey, type BatchState, endState, hasEnded } from './batch.ts';
import { lockBatches } from './counters.ts';

/**
 * Asks for the end of a round. Whoever records the last image does so, in the same transaction and
 * under the lock of the batch's row, so there is one task a round, however many workers there are.
 */
export async function askToSettle(trx: Db, batch: BatchKey & { round: number }, queue: Queue): Promise<void> {
  const data = { tenant_id: batch.tenantId, batch_id: batch.batchId, round: batch.round };
  await queue.insert('settle_batch', [{ id: randomUUIDv7(), data }], trx);
}

/**
 * Ends a round of a batch, and writes its event in the same transaction. Called twice it changes
 * nothing the second time.
 * @returns the state in which the batch ended, or undefined when there was nothing to do
 */
export async function settleBatch(
  db: Db,
  key: BatchKey & { round: number },
  rules: SettleRules,
): Promise<BatchState | undefined> {
  return db.transaction().execute(async (trx) => {
    const batch = (await lockBatches(trx, [key])).get(key.batchId);
    if (!batch || batch.round !== key.round || !hasEnded(batch)) return undefined;
    const state = endState(batch);
    await sql`
      update batches set state = ${state}, ended_at = now(), started_at = coalesce(started_at, now()), version = version + 1
      where tenant_id = ${key.tenantId} and batch_id = ${key.batchId} and state in ('pending', 'processing')`.execute(
      trx,
    );
    await tellEnd(trx, key, { ...rules, state });
    return state;
  });
}

export type SettleRules = { queue: Queue; publicUrl: string };

/** Writes the event of a batch that this transaction has ended. */
export async function tellEnd(
  trx: Db,
  { tenantId, batchId }: BatchKey,
  { state, queue, publicUrl }: SettleRules & { state: EndState },
): Promise<void> {
  const ended = await findBatch(trx, { tenantId, batchId });
  if (!ended) throw new Error('the batch is gone');
  const payload = eventPayload(ended, publicUrl);
  const callbackEndpointId = ended.callback_endpoint_id;
  await writeEvent(trx, { tenantId, batchId, type: `batch.${state}`, payload, callbackEndpointId }, queue);
}

type EndState = Exclude<BatchState, 'pending' | 'processing'>;

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
