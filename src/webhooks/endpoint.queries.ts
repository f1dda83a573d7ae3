import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';
import { Problem } from '../errors.ts';
import { newUuid } from '../ids.ts';
import { newPrivateKey } from './ed25519.ts';
import { newSecret } from './signing.ts';

export const ENDPOINT_KINDS = ['registered', 'configured', 'callback'] as const;
export type EndpointKind = (typeof ENDPOINT_KINDS)[number];
export const SIGNATURES = ['v1', 'v1a', 'both'] as const;
type Signature = (typeof SIGNATURES)[number];

export type EndpointKey = { tenantId: number; endpointId: string };

/** An endpoint as it is shown. Only `private_key` is secret, of which the public key is shown. */
export type EndpointRow = {
  endpoint_id: string;
  kind: EndpointKind;
  url: string;
  description: string;
  event_types: string[];
  signature: Signature;
  private_key: string | null;
  /** until when the secret before the last rotation signs along */
  old_until: Date | null;
  disabled_at: Date | null;
  disabled_because: string | null;
  failing_since: Date | null;
  created_at: Date;
};

const COLUMNS = sql`
  endpoint_id, kind, url, description, event_types, signature, private_key,
  case when old_until > now() then old_until end as old_until, disabled_at, disabled_because, failing_since, created_at`;

const MOST_ENDPOINTS = 50; // every event of the tenant may be written once for each
const BY_REQUEST = 'by request';

export type NewEndpoint = {
  url: string;
  secret: string | undefined;
  description: string;
  eventTypes: string[];
  signature: Signature;
  isDisabled: boolean;
};

/** What is shown once. */
export type Keys = { secret: string; privateKey: string | null };

/** @throws Problem `conflict` where the tenant has its most endpoints */
export async function addEndpoint(
  db: Db,
  tenantId: number,
  endpoint: NewEndpoint,
): Promise<{ key: EndpointKey; keys: Keys }> {
  const { url, description, eventTypes, signature, isDisabled } = endpoint;
  const key = { tenantId, endpointId: newUuid() };
  const keys = keysFor(signature, endpoint.secret);
  const { numAffectedRows = 0n } = await sql`
    insert into webhook_endpoints (tenant_id, endpoint_id, kind, url, description, event_types, signature, secret, private_key,
      disabled_at, disabled_because)
    select ${tenantId}, ${key.endpointId}::uuid, 'registered', ${url}, ${description}, ${eventTypes}::text[], ${signature},
      ${keys.secret}, ${keys.privateKey}, case when ${isDisabled} then now() end, case when ${isDisabled} then ${BY_REQUEST} end
    where (select count(*) from webhook_endpoints where tenant_id = ${tenantId} and kind = 'registered') < ${MOST_ENDPOINTS}`.execute(
    db,
  );
  if (numAffectedRows === 0n)
    throw new Problem('conflict', {
      detail: `There are ${MOST_ENDPOINTS} webhook endpoints, which is the most. Delete one first.`,
    });
  return { key, keys };
}

/** A v1 secret belongs to every endpoint; a private key only to one that signs with v1a. */
function keysFor(signature: Signature, secret = newSecret()): Keys {
  return { secret, privateKey: signature === 'v1' ? null : newPrivateKey() };
}

export async function findEndpoint(
  db: Db,
  { tenantId, endpointId }: EndpointKey,
): Promise<EndpointRow | undefined> {
  const { rows } = await sql<EndpointRow>`
    select ${COLUMNS} from webhook_endpoints
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId}`.execute(db);
  return rows[0];
}

/** Newest first. @param before the last id of the previous page */
export async function listEndpoints(
  db: Db,
  tenantId: number,
  { kinds, before, limit }: { kinds: EndpointKind[] | undefined; before: string; limit: number },
): Promise<EndpointRow[]> {
  const { rows } = await sql<EndpointRow>`
    select ${COLUMNS} from webhook_endpoints
    where tenant_id = ${tenantId} and endpoint_id < ${before}::uuid ${when(kinds !== undefined, sql`and kind = any(${kinds}::text[])`)}
    order by endpoint_id desc limit ${limit}`.execute(db);
  return rows;
}

/** undefined: stays as it is */
type EndpointChange = {
  [F in 'url' | 'description' | 'eventTypes' | 'isDisabled']: NewEndpoint[F] | undefined;
};

/**
 * Changes a registered endpoint. One that is enabled, or gets another URL, has no failures behind it.
 * Disabled again, it keeps the time and the reason of the first time.
 */
export async function changeEndpoint(
  db: Db,
  { tenantId, endpointId }: EndpointKey,
  { url, description, eventTypes, isDisabled }: EndpointChange,
): Promise<void> {
  await sql`
    update webhook_endpoints
    set url = coalesce(${url ?? null}, url), description = coalesce(${description ?? null}, description),
      event_types = coalesce(${eventTypes ?? null}::text[], event_types)
      ${when(isDisabled === true, sql`, disabled_at = coalesce(disabled_at, now()), disabled_because = coalesce(disabled_because, ${BY_REQUEST})`)}
      ${when(isDisabled === false, sql`, disabled_at = null, disabled_because = null`)}
      ${when(url !== undefined || isDisabled !== undefined, sql`, failing_since = null, slow = false`)}
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId} and kind = 'registered'`.execute(db);
}

const DELETED_AT_ONCE = 1_000;

/**
 * Deletes the deliveries of a registered endpoint that is about to be deleted, in groups: whoever ends a batch
 * would wait for an endpoint that is deleted together with a million of them. It gets no events from then on.
 */
export async function deleteDeliveriesOf(db: Db, { tenantId, endpointId }: EndpointKey): Promise<void> {
  const key = { tenantId, endpointId };
  await changeEndpoint(db, key, {
    url: undefined,
    description: undefined,
    eventTypes: undefined,
    isDisabled: true,
  });
  for (let deleted = DELETED_AT_ONCE; deleted === DELETED_AT_ONCE;) {
    const { numAffectedRows = 0n } = await sql`
      delete from webhook_deliveries where tenant_id = ${tenantId} and delivery_id in (
        select delivery_id from webhook_deliveries
        where tenant_id = ${tenantId} and endpoint_id = ${endpointId}
        order by delivery_id limit ${DELETED_AT_ONCE} for update)`.execute(db);
    deleted = Number(numAffectedRows);
  }
}

/**
 * With its deliveries, of which no further attempt is made. They are locked first, as by whoever records an
 * attempt (record-attempt.ts), so that none deadlock.
 */
export async function deleteEndpoint(trx: Db, { tenantId, endpointId }: EndpointKey): Promise<void> {
  await sql`
    select from webhook_deliveries where tenant_id = ${tenantId} and endpoint_id = ${endpointId}
    order by delivery_id for update`.execute(trx);
  await sql`
    delete from webhook_endpoints
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId} and kind = 'registered'`.execute(trx);
}

/**
 * Replaces the secret, and the private key if there is one. The old ones sign along for a while; those before
 * them no longer. @returns the new ones
 */
export async function rotateSecret(
  db: Db,
  { tenantId, endpointId }: EndpointKey,
  { signature, secret, expiresIn }: { signature: Signature; secret: string | undefined; expiresIn: number },
): Promise<Keys> {
  const keys = keysFor(signature, secret);
  await sql`
    update webhook_endpoints
    set old_secret = secret, old_private_key = private_key, old_until = now() + make_interval(secs => ${expiresIn}),
      secret = ${keys.secret}, private_key = ${keys.privateKey}
    where tenant_id = ${tenantId} and endpoint_id = ${endpointId} and kind = 'registered'`.execute(db);
  return keys;
}
