import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/**
 * Deletes endpoints, events, deliveries and received messages of a tenant. Tasks of its deliveries find none.
 * Deliveries are first, as for whoever records an attempt, and because whoever ends a batch waits for its endpoints.
 */
export async function deleteWebhooksOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from webhook_deliveries where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from webhook_endpoints where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from webhook_events where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from inbox_messages where tenant_id = ${tenantId}`.execute(db);
  await sql`delete from inbox_sources where tenant_id = ${tenantId}`.execute(db);
}
