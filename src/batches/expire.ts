import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import type { BatchKey } from './batch.ts';
import { AS_RANGES } from './changes.ts';
import { lockBatches, writeCounters } from './counters.ts';
import type { EventRules } from './events.ts';
import { writeProgress } from './progress.ts';
import { type EndedBatch, settleBatches } from './settle.ts';

/**
 * Fails the images of such a batch that still wait for a host on hold: it must not keep a batch open. Images
 * that only wait for their turn are tried once all the same, and the worker fails them if that fails.
 * @returns how many images failed, and the batch if it ended with them
 */
export async function expireImages(
  db: Db,
  batch: BatchKey,
  rules: EventRules,
): Promise<{ expired: number; ended: EndedBatch[] }> {
  let total = 0;
  for (;;) {
    const { leads, expired, ended } = await expireSome(db, batch, rules);
    total += expired;
    if (leads < EXPIRED_AT_ONCE) return { expired: total, ended };
  }
}

// A group holds the lock of its batch for some 0.1 s, and results of the batch's other hosts wait for it.
const EXPIRED_AT_ONCE = 5_000;

/** Running batches past their deadline with images that wait for a host on hold. */
export async function expiredBatches(db: Db): Promise<BatchKey[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select b.tenant_id, b.batch_id from batches b
    where b.ended_at is null and b.began_at + make_interval(hours => b.deadline_hours) < now()
      and exists (
        select from hosts h
        join images i on i.tenant_id = h.tenant_id and i.host = h.host
        where h.tenant_id = b.tenant_id and h.held_until > now() and i.batch_id = b.batch_id
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot)
    order by b.tenant_id, b.batch_id
    limit 200`.execute(db);
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id }));
}

/** @returns how many images failed: the lead images, and all with those that follow them */
async function expireSome(
  db: Db,
  key: BatchKey,
  rules: EventRules,
): Promise<{ leads: number; expired: number; ended: EndedBatch[] }> {
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, [key]);
    const batch = batches.get(key.batchId);
    if (!batch) return { leads: 0, expired: 0, ended: [] };
    const { leads, followers, slots } = await endWaiting(trx, key);
    if (leads === 0) return { leads: 0, expired: 0, ended: [] };
    const expired = leads + followers;
    batch.failed += expired;
    batch.errorsByCode[PROBLEM.code] = (batch.errorsByCode[PROBLEM.code] ?? 0) + expired;
    batch.endedSlots.failed.push(slots);
    await writeCounters(trx, batches);
    const ended = await settleBatches(trx, [batch], rules);
    if (ended.length === 0) await writeProgress(trx, [batch], rules);
    return { leads, expired, ended };
  });
}

const PROBLEM = new ImageProblem('deadline_exceeded', 'its host had asked for a pause');

async function endWaiting(
  trx: Db,
  { tenantId, batchId }: BatchKey,
): Promise<{ leads: number; followers: number; slots: string }> {
  const { rows } = await sql<{ leads: number; followers: number; slots: string }>`
    with waiting as (
      select i.slot from hosts h
      join images i on i.tenant_id = h.tenant_id and i.host = h.host
      where h.tenant_id = ${tenantId} and h.held_until > now() and i.batch_id = ${batchId}
        and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
      limit ${EXPIRED_AT_ONCE}
    ),
    leads as (
      update images i
      set state = 'failed', error_code = ${PROBLEM.code}, error_detail = ${PROBLEM.message}, ended_at = now()
      from waiting w
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot = w.slot and i.state = 'pending'
      returning i.slot, i.tries
    ),
    followers as (
      update images i
      set state = 'failed', error_code = ${PROBLEM.code}, error_detail = ${PROBLEM.message}, tries = l.tries, ended_at = now()
      from leads l
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.lead_slot = l.slot
        and i.slot <> i.lead_slot and i.state = 'pending'
      returning i.slot
    )
    select (select count(*) from leads) as leads, (select count(*) from followers) as followers,
      (select coalesce(${AS_RANGES}, '{}') from (select slot from leads union all select slot from followers) ended) as slots`.execute(
    trx,
  );
  return rows[0] ?? { leads: 0, followers: 0, slots: '{}' };
}
