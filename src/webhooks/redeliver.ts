import { sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import type { DeliveryKey } from './delivery.queries.ts';
import type { EndpointKey } from './endpoint.queries.ts';
import { queueAttempts } from './events.ts';

/**
 * Sends deliveries now, with today's URL and secret of their endpoint, and the same id and body. One that had
 * ended begins its schedule again; its attempts continue to count. One whose attempt is due stays as it is, so
 * doing this twice does no more than once.
 */
export async function redeliver(db: Db, queue: Queue, { tenantId, deliveryId }: DeliveryKey): Promise<void> {
  await inTransaction(db, async (trx) => {
    const { rows } = await sql<Chosen>`
      select delivery_id from webhook_deliveries
      where tenant_id = ${tenantId} and delivery_id = ${deliveryId}
        and (state <> 'pending' or next_attempt_at > now())
      for update`.execute(trx);
    await sendAgain(trx, queue, { tenantId, chosen: rows });
  });
}

const GROUP = 200;
const MOST = 10_000;

/**
 * Sends the failed deliveries of an endpoint again: those that were given up, and those that wait after a
 * failed attempt. In groups, each of which is a transaction.
 * @param since the creation of the first
 * @returns how many, and whether there are more: a call does at most 10,000
 */
export async function replay(
  db: Db,
  queue: Queue,
  { tenantId, endpointId, since }: EndpointKey & { since: Date },
): Promise<{ count: number; hasMore: boolean }> {
  await forgetFailures(db, { tenantId, endpointId });
  let count = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const group = await db.transaction().execute(async (trx) => {
      const chosen = await failedAfter(trx, { tenantId, endpointId, since, after });
      await sendAgain(trx, queue, { tenantId, chosen });
      return chosen;
    });
    count += group.length;
    after = group.at(-1)?.delivery_id ?? after;
    if (group.length < GROUP) return { count, hasMore: false };
    if (count >= MOST) return { count, hasMore: true };
  }
}

/** Whoever replays has repaired the receiver: it need not wait among those that hang. */
async function forgetFailures(db: Db, { tenantId, endpointId }: EndpointKey): Promise<void> {
  await sql`
    update webhook_endpoints set slow = false
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId} and slow`.execute(db);
}

type Chosen = { delivery_id: string };

async function failedAfter(
  trx: Db,
  { tenantId, endpointId, since, after }: EndpointKey & { since: Date; after: string },
): Promise<Chosen[]> {
  const { rows } = await sql<Chosen>`
    select delivery_id from webhook_deliveries
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId} and delivery_id > ${after}::uuid
      and created_at >= ${since}
      and (state = 'exhausted' or (state = 'pending' and attempts > attempts_before and next_attempt_at > now()))
    order by delivery_id limit ${GROUP}
    for update skip locked`.execute(trx);
  return rows;
}

async function sendAgain(
  trx: Db,
  queue: Queue,
  { tenantId, chosen }: { tenantId: number; chosen: Chosen[] },
): Promise<void> {
  if (chosen.length === 0) return;
  const { rows } = await sql<{ tenant_id: number; delivery_id: string; url: string; attempt: number }>`
    update webhook_deliveries d
    set next_attempt_at = now(), state = 'pending', ended_at = null,
      attempts_before = case when d.state = 'pending' then d.attempts_before else d.attempts end
    from webhook_endpoints p
    where d.tenant_id = ${tenantId} and d.delivery_id = any(${chosen.map((one) => one.delivery_id)}::uuid[])
      and p.tenant_id = d.tenant_id and p.endpoint_id = d.endpoint_id
    returning d.tenant_id, d.delivery_id, p.url, d.attempts + 1 as attempt`.execute(trx);
  await queueAttempts(
    trx,
    rows.map((row) => ({ ...row, slow: false, wait_ms: 0 })),
    queue,
  );
  await showChanges(trx, rows);
}

/** The status of a batch shows the delivery of its end, so it has a new version. */
async function showChanges(trx: Db, deliveries: { tenant_id: number; delivery_id: string }[]): Promise<void> {
  await sql`
    update batches b set version = b.version + 1
    from (
      select b.tenant_id, b.batch_id from batches b
      where (b.tenant_id, b.batch_id) in (
        select e.tenant_id, e.batch_id
        from json_to_recordset(${JSON.stringify(deliveries)}) as r (tenant_id integer, delivery_id uuid)
        join webhook_deliveries d on d.tenant_id = r.tenant_id and d.delivery_id = r.delivery_id
        join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id)
      -- every transaction that locks several batches does so in this order, so that none deadlock
      order by b.tenant_id, b.batch_id
      for update
    ) shown
    where b.tenant_id = shown.tenant_id and b.batch_id = shown.batch_id`.execute(trx);
}
