import { sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import type { Scope } from '../http/principal.ts';
import { LAST_UUID, newUuid, publicId } from '../ids.ts';
import type { Acted } from './audit.ts';
import { newApiKey, prefixOf, sha256Of } from './api-key.ts';

export type KeyRow = {
  tenant_id: number;
  /** name of the tenant */
  tenant: string;
  key_id: string;
  name: string;
  scope: Scope;
  prefix: string;
  is_configured: boolean;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  state: 'active' | 'expired' | 'revoked';
};

const COLUMNS = sql`
  k.tenant_id, t.name as tenant, k.key_id, k.name, k.scope, k.prefix, k.is_configured,
  k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
  case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' else 'active' end as state`;

/** Whether a key `k` of a tenant `t` is valid. */
export const IS_ACTIVE = sql`
  k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and t.deleted_at is null`;

export type NewKey = {
  tenantId: number;
  name: string;
  scope: Scope;
  /** milliseconds from now by the database's clock, or a time; undefined: never */
  expires?: number | Date | undefined;
};

const NAME = /^[^\p{Cc}\p{Cf}]{1,100}$/u;

/**
 * Creates a key. From now on, requests without a key are refused.
 * @returns the key, which cannot be read again
 * @throws Problem `bad_request`, `conflict` if the tenant has a key with this name
 */
export async function createKey(db: Db, wanted: NewKey): Promise<{ key: string; row: KeyRow }> {
  const key = newApiKey();
  return { key, row: await inTransaction(db, (trx) => insertKey(trx, key, wanted)) };
}

/** @param isConfigured whether it is MINILAB_KEY */
export async function insertKey(
  trx: Db,
  key: string,
  { tenantId, name, scope, expires }: NewKey,
  isConfigured = false,
): Promise<KeyRow> {
  checkName(name);
  if (expires instanceof Date) await refusePast(trx, expires);
  const keyId = newUuid();
  const { numAffectedRows } = await sql`
    insert into api_keys (tenant_id, key_id, name, scope, key_sha256, prefix, expires_at, is_configured)
    select tenant_id, ${keyId}, ${name}, ${scope}, ${sha256Of(key)}, ${prefixOf(key)}, ${expiryOf(expires)}, ${isConfigured}
    from tenants where tenant_id = ${tenantId} and deleted_at is null
    on conflict (tenant_id, name) where revoked_at is null do nothing`.execute(trx);
  const row = await findKey(trx, tenantId, keyId);
  if (!numAffectedRows || !row) throw nameTaken(name);
  await sql`update access set needs_keys = true where not needs_keys`.execute(trx);
  return row;
}

function expiryOf(expires: number | Date | undefined) {
  if (typeof expires === 'number') return sql`now() + ${expires}::float8 * interval '1 millisecond'`;
  return sql`${expires ?? null}::timestamptz`;
}

/** By the database's clock, by which keys end. @throws Problem `bad_request` */
async function refusePast(trx: Db, expires: Date): Promise<void> {
  const { rows } = await sql<{ has_passed: boolean }>`
    select ${expires}::timestamptz <= now() as has_passed`.execute(trx);
  if (rows[0]?.has_passed) throw new Problem('bad_request', { detail: 'expires_at must be in the future.' });
}

function checkName(name: string): void {
  if (!NAME.test(name) || name.trim() !== name)
    throw new Problem('bad_request', {
      detail:
        'The name of a key must have 1 to 100 characters, without control characters, and no space at its begin or end.',
    });
}

export function nameTaken(name: string): Problem {
  return new Problem('conflict', {
    detail: `There is already a key "${name}". Choose another name, or revoke that key first.`,
  });
}

/** @returns undefined if the tenant has no such key */
async function findKey(db: Db, tenantId: number, keyId: string): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    select ${COLUMNS} from api_keys k join tenants t on t.tenant_id = k.tenant_id
    where k.tenant_id = ${tenantId} and k.key_id = ${keyId}`.execute(db);
  return rows[0];
}

/** The keys of a tenant, or of all tenants, newest first. @param before the last id of the previous page */
export async function listKeys(
  db: Db,
  { tenantId, before, limit }: { tenantId?: number | undefined; before?: string | undefined; limit?: number },
): Promise<KeyRow[]> {
  const { rows } = await sql<KeyRow>`
    select ${COLUMNS} from api_keys k join tenants t on t.tenant_id = k.tenant_id
    where (${tenantId ?? null}::integer is null or k.tenant_id = ${tenantId ?? null})
      and t.deleted_at is null and k.key_id < ${before ?? LAST_UUID}::uuid
    order by k.key_id desc
    limit ${limit ?? null}`.execute(db);
  return rows;
}

/** Revokes a key, and ends its sessions. @returns undefined if the tenant has no such key */
export async function revokeKey(db: Db, tenantId: number, keyId: string): Promise<KeyRow | undefined> {
  return inTransaction(db, async (trx) => {
    await sql`
      update api_keys set revoked_at = coalesce(revoked_at, now()), is_replaced = false
      where tenant_id = ${tenantId} and key_id = ${keyId}`.execute(trx);
    await sql`delete from sessions where tenant_id = ${tenantId} and key_id = ${keyId}`.execute(trx);
    return findKey(trx, tenantId, keyId);
  });
}

/** Whether a key exists that a request could use. */
export async function hasActiveKey(db: Db): Promise<boolean> {
  const { rows } = await sql<{ exists: boolean }>`
    select exists (
      select from api_keys k join tenants t on t.tenant_id = k.tenant_id
      where ${IS_ACTIVE})`.execute(db);
  return rows[0]?.exists === true;
}

/** What the audit log says of a new key. */
export function createdKey({ row }: { row: KeyRow }): Acted {
  const { key_id, name, scope, expires_at } = row;
  return {
    objectId: publicId('key', key_id),
    details: { name, scope, expires_at: expires_at?.toISOString() ?? null },
  };
}

/** Deletes the keys of a tenant, and their sessions. */
export async function deleteKeysOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from api_keys where tenant_id = ${tenantId}`.execute(db);
}

/** Deletes all keys of all tenants: a server that only this machine can reach needs none from then on. */
export async function resetKeys(db: Db): Promise<number> {
  return inTransaction(db, async (trx) => {
    const { numAffectedRows = 0n } = await sql`delete from api_keys`.execute(trx);
    await sql`update access set needs_keys = false`.execute(trx);
    return Number(numAffectedRows);
  });
}
