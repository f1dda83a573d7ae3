import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { newUuid } from '../ids.ts';
import type { Guard } from '../net/guard.ts';

export type Endpoint = { url: string; secret: string };

/** @throws Problem `bad_settings` if the guard denies WEBHOOK_URL */
export function checkEndpoint(endpoint: Endpoint | undefined, guard: Guard): void {
  const checked = endpoint && guard.checkReceiver(endpoint.url);
  if (checked && 'refused' in checked)
    throw new Problem('bad_settings', { detail: `WEBHOOK_URL cannot be used: ${checked.why}.` });
}

/** Stores the endpoint of WEBHOOK_URL, or disables it if the setting is gone. A disabled one is enabled again. */
export async function configureEndpoint(
  db: Db,
  tenantId: number,
  endpoint: Endpoint | undefined,
): Promise<void> {
  if (endpoint === undefined) {
    await sql`
      update webhook_endpoints set disabled_at = now(), disabled_because = 'WEBHOOK_URL is no longer set'
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

/** The shared WEBHOOK_URL has changed: its endpoint follows, with the secret it has. @returns false if there is none yet */
export async function moveEndpoint(db: Db, tenantId: number, url: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update webhook_endpoints set url = ${url}, disabled_at = null, disabled_because = null
    where tenant_id = ${tenantId} and kind = 'configured'`.execute(db);
  return numAffectedRows === 1n;
}

export async function hasConfiguredEndpoint(db: Db, tenantId: number): Promise<boolean> {
  const { rows } = await sql`
    select from webhook_endpoints where tenant_id = ${tenantId} and kind = 'configured'`.execute(db);
  return rows.length > 0;
}

/** When and why the newest attempt at WEBHOOK_URL failed; undefined if it succeeded, or there is none. */
export async function lastFailure(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ at: Date; status: number | null; error: string | null }>`
    select a.at, a.status, a.error from webhook_endpoints p
    join webhook_deliveries d on d.tenant_id = p.tenant_id and d.endpoint_id = p.endpoint_id
    join webhook_attempts a on a.tenant_id = d.tenant_id and a.delivery_id = d.delivery_id
    where p.kind = 'configured' and p.disabled_at is null order by a.at desc limit 1`.execute(db);
  const [last] = rows;
  if (!last || (last.status !== null && last.status >= 200 && last.status < 300)) return undefined;
  return `${last.error ?? `it answered HTTP ${last.status}`} (${last.at.toISOString()})`;
}

/** Stores the endpoint of a batch's `callback_url`, in the transaction that accepts the batch. @returns its id */
export async function addCallbackEndpoint(trx: Db, tenantId: number, endpoint: Endpoint): Promise<string> {
  const endpointId = newUuid();
  await sql`
    insert into webhook_endpoints (tenant_id, endpoint_id, kind, url, secret)
    values (${tenantId}, ${endpointId}, 'callback', ${endpoint.url}, ${endpoint.secret})`.execute(trx);
  return endpointId;
}
