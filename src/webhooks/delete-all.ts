import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Deletes endpoints, events, deliveries and received messages of a tenant. Tasks of its deliveries find none. */
export async function deleteWebhooksOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from webhook_endpoints where tenant_id = ${tenantId}`.execute(db); // and their deliveries
  await sql`delete from webhook_events where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from inbox_messages where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from inbox_sources where tenant_id = ${tenantId}`.execute(db);
}
