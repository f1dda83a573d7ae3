import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { publicId } from '../ids.ts';
import type { NewEvent } from './events.ts';

/** The endpoint of an attempt. */
export type AttemptedEndpoint = { tenant_id: number; endpoint_id: string };

/** An endpoint that was disabled now, and why. */
export type DisabledEndpoint = AttemptedEndpoint & {
  kind: string;
  url: string;
  description: string;
  disabled_at: Date;
  disabled_because: string;
};

const GIVEN_UP_AFTER = '5 days'; // Standard Webhooks: "disable an endpoint that fails for several days"

/** A success ends a series of failures. It writes nothing if there was none. */
export async function endpointSucceeded(
  trx: Db,
  { tenant_id, endpoint_id }: AttemptedEndpoint,
): Promise<void> {
  await sql`
    update webhook_endpoints set failing_since = null, slow = false
    where tenant_id = ${tenant_id} and endpoint_id = ${endpoint_id} and (failing_since is not null or slow)`.execute(
    trx,
  );
}

/**
 * A failure begins or continues a series. An endpoint that answered 410 is disabled at once, a registered one
 * also after five days of nothing but failures. WEBHOOK_URL is never disabled: it is the operator's setting,
 * and a proxy that answers 410 during a deployment must not silence it (docs/webhooks.md).
 * @returns the endpoint if it was disabled now
 */
export async function endpointFailed(
  trx: Db,
  { tenant_id, endpoint_id }: AttemptedEndpoint,
  { isGone, timedOut }: { isGone: boolean; timedOut: boolean },
): Promise<DisabledEndpoint | undefined> {
  const { rows } = await sql<DisabledEndpoint & { is_new: boolean }>`
    update webhook_endpoints p
    set failing_since = coalesce(p.failing_since, now()), slow = ${timedOut},
      disabled_at = coalesce(p.disabled_at, case when j.because is not null then now() end),
      disabled_because = coalesce(p.disabled_because, j.because)
    from (
      select tenant_id, endpoint_id, disabled_at is null as was_enabled,
        case
          when ${isGone} and kind in ('callback', 'registered') then 'it answered 410 Gone'
          when kind = 'registered' and failing_since < now() - ${GIVEN_UP_AFTER}::interval
            then 'every attempt failed for five days'
        end as because
      from webhook_endpoints
      where tenant_id = ${tenant_id} and endpoint_id = ${endpoint_id}
      for no key update
    ) j
    where p.tenant_id = j.tenant_id and p.endpoint_id = j.endpoint_id
    returning p.tenant_id, p.endpoint_id, p.kind, p.url, p.description, p.disabled_at, p.disabled_because,
      j.was_enabled and p.disabled_at is not null as is_new`.execute(trx);
  return rows.find((row) => row.is_new);
}

/** For the other registered endpoints of the tenant. */
export function disabledEvent(endpoint: DisabledEndpoint): NewEvent {
  const { tenant_id, endpoint_id, kind, url, description, disabled_at: at, disabled_because } = endpoint;
  return {
    tenantId: tenant_id,
    type: 'webhook.endpoint_disabled',
    at,
    payload: {
      endpoint: {
        id: publicId('whe', endpoint_id),
        kind,
        host: new URL(url).host,
        description,
        disabled_at: at.toISOString(),
        disabled_because,
      },
    },
    notTo: endpoint_id,
  };
}

/** Registered endpoints that fail, or were disabled because they did: sentences for `minilab doctor`. */
export async function troubledEndpoints(db: Db): Promise<string[]> {
  // by the names of columns, because doctor also reads a database that has not been migrated yet
  const { rows } = await sql<{ endpoint_id: string; url: string; since: string; because: string | null }>`
    select endpoint_id, url, coalesce(row ->> 'disabled_at', row ->> 'failing_since') as since,
      row ->> 'disabled_because' as because
    from (select endpoint_id, url, kind, to_jsonb(p) as row from webhook_endpoints p) p
    where kind = 'registered'
      and (row ->> 'failing_since' is not null or row ->> 'disabled_because' like 'it answered 410%')
    order by endpoint_id`.execute(db);
  return rows.map(({ endpoint_id, url, since, because }) => {
    const name = `${publicId('whe', endpoint_id)} (${new URL(url).host})`;
    const at = new Date(since).toISOString();
    return because === null
      ? `${name} has been failing since ${at}`
      : `${name} was disabled at ${at}: ${because}`;
  });
}
