import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

const AT_ONCE = 1_000;

type Forgotten = { events: number; messages: number; endpoints: number };

/**
 * Deletes events with their deliveries and attempts, and messages of the inbox, that are older than some days
 * by the database's clock. An event that is still being delivered stays. Then the endpoints of `callback_url`
 * whose batch is deleted, and whose events are.
 * @returns how many
 */
export async function forgetWebhooks(db: Db, days: number): Promise<Forgotten> {
  const forgotten = { events: 0, messages: 0, endpoints: 0 };
  const tables = [
    ['events', forgetEvents],
    ['messages', forgetMessages],
    ['endpoints', forgetCallbacks],
  ] as const;
  for (const [name, forgetSome] of tables)
    for (let some = AT_ONCE; some === AT_ONCE; forgotten[name] += some) some = await forgetSome(db, days);
  return forgotten;
}

async function forgetEvents(db: Db, days: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from webhook_events where (tenant_id, event_id) in (
      select e.tenant_id, e.event_id from webhook_events e
      where e.created_at < now() - make_interval(days => ${days})
        and not exists (
          select from webhook_deliveries d
          where d.tenant_id = e.tenant_id and d.event_id = e.event_id and d.state = 'pending')
      order by e.created_at limit ${AT_ONCE})`.execute(db);
  return Number(numAffectedRows);
}

async function forgetMessages(db: Db, days: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from inbox_messages where (tenant_id, source, message_id) in (
      select tenant_id, source, message_id from inbox_messages
      where received_at < now() - make_interval(days => ${days})
      order by received_at limit ${AT_ONCE})`.execute(db);
  return Number(numAffectedRows);
}

async function forgetCallbacks(db: Db, days: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from webhook_endpoints where (tenant_id, endpoint_id) in (
      select p.tenant_id, p.endpoint_id from webhook_endpoints p
      where p.kind = 'callback' and p.created_at < now() - make_interval(days => ${days})
        and not exists (
          select from webhook_deliveries d where d.tenant_id = p.tenant_id and d.endpoint_id = p.endpoint_id)
        and not exists (
          select from batches b where b.tenant_id = p.tenant_id and b.callback_endpoint_id = p.endpoint_id)
      limit ${AT_ONCE})`.execute(db);
  return Number(numAffectedRows);
}
