import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { newUuid } from '../ids.ts';

export type Endpoint = { url: string; secret: string };

/** The endpoint of WEBHOOK_URL. A start of `serve` sets it, or takes it away; what was disabled is tried again. */
export async function configureEndpoint(
  db: Db,
  tenantId: number,
  endpoint: Endpoint | undefined,
): Promise<void> {
  if (endpoint === undefined) {
    await sql`
      update webhook_endpoints set disabled_at = now(), disabled_because = 'WEBHOOK_URL is not set any more'
      where tenant_id = ${tenantId} and kind = 'configured' and disabled_at is null`.execute(db);
    return;
  }
  await sql`
    insert into webhook_endpoints (tenant_id, endpoint_id, kind, url, secret)
    values (${tenantId}, ${newUuid()}, 'configured', ${endpoint.url}, ${endpoint.secret})
    on conflict (tenant_id, kind) where kind = 'configured'
      do update set url = excluded.url, secret = excluded.secret, disabled_at = null, disabled_because = null`.execute(
    db,
  );
}

/** The endpoint of one batch's `callback_url`, in the transaction that accepts the batch. */
export async function addCallbackEndpoint(trx: Db, tenantId: number, endpoint: Endpoint): Promise<string> {
  const endpointId = newUuid();
  await sql`
    insert into webhook_endpoints (tenant_id, endpoint_id, kind, url, secret)
    values (${tenantId}, ${endpointId}, 'callback', ${endpoint.url}, ${endpoint.secret})`.execute(trx);
  return endpointId;
}

/** Who hears of a batch: its callback endpoint, else the configured one. */
export async function endpointsFor(
  trx: Db,
  tenantId: number,
  callbackEndpointId: string | null,
): Promise<string[]> {
  const { rows } = await sql<{ endpoint_id: string }>`
    select endpoint_id from webhook_endpoints
    where tenant_id = ${tenantId} and disabled_at is null
      and (endpoint_id = ${callbackEndpointId} or (${callbackEndpointId}::uuid is null and kind = 'configured'))`.execute(
    trx,
  );
  return rows.map((row) => row.endpoint_id);
}

export async function disableEndpoint(
  trx: Db,
  tenantId: number,
  endpointId: string,
  because: string,
): Promise<void> {
  await sql`
    update webhook_endpoints set disabled_at = now(), disabled_because = ${because}
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId} and disabled_at is null`.execute(trx);
}
