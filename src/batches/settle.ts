import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { type BatchKey, endState, hasEnded } from './batch.ts';
import type { LockedBatch } from './counters.ts';
import { type EventRules, writeBatchEvents } from './events.ts';

/** A round of a batch that this transaction has ended. */
export type EndedBatch = BatchKey & { round: number; state: ReturnType<typeof endState> };

/**
 * Settles those of the batches whose images have all ended: ends their round, and writes the event in the
 * same transaction. Whoever ends the last image of a batch holds the lock of its row and settles it, so
 * each round has one end and one event. Seven statements at most, however many batches end.
 * @returns the batches that have ended now
 */
export async function settleBatches(
  trx: Db,
  batches: Iterable<LockedBatch>,
  rules: EventRules,
): Promise<EndedBatch[]> {
  const ended = [...batches].filter(hasEnded).map(({ tenantId, batchId, round, ...counts }) => {
    return { tenantId, batchId, round, state: endState(counts) };
  });
  if (ended.length === 0) return [];
  await endRound(trx, ended);
  const events = ended.map(({ state, ...batch }) => ({ ...batch, type: `batch.${state}` as const }));
  await writeBatchEvents(trx, events, rules);
  return ended;
}

export function logEnded(log: Logger, ended: EndedBatch[]): void {
  for (const { batchId, round, state } of ended) log.info({ batch: batchId, round, state }, 'a batch ended');
}

/** `clock_timestamp()`, because images that this transaction waited for ended after it had begun. */
async function endRound(trx: Db, ended: EndedBatch[]): Promise<void> {
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
