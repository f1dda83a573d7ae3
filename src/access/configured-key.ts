/** The key of the setting MINILAB_KEY, and what a start needs of keys. */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { isLoopbackHost } from '../http/local-only.ts';
import { publicId } from '../ids.ts';
import { newApiKey, sha256Of } from './api-key.ts';
import { type AuditAction, writeAudit } from './audit.ts';
import { hasActiveKey, insertKey, IS_ACTIVE, nameTaken } from './key.queries.ts';
import { DEFAULT_TENANT } from './tenants.ts';

const NAME = 'MINILAB_KEY';

type Stored = {
  key_id: string;
  tenant_id: number;
  scope: string;
  is_configured: boolean;
  is_revoked: boolean;
  is_replaced: boolean;
};

/**
 * Makes MINILAB_KEY a key of scope `admin` for the default tenant, and revokes the one that it was before. A key
 * that came back, as when a deployment is undone, is valid again; one that an operator revoked is not.
 * @param key undefined if the setting is gone
 * @throws Problem `bad_settings`, `conflict` if an operator gave its name to another key
 */
export async function configureKey(db: Db, key: string | undefined): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`select from access for update`.execute(trx); // one process at a time
    const stored = key === undefined ? undefined : await findBySecret(trx, key);
    if (stored) refuseUnusable(stored);
    for (const keyId of await replaceOthers(trx, stored?.key_id)) await note(trx, 'key.revoke', keyId);
    if (stored?.is_replaced) {
      await restore(trx, stored.key_id);
      await note(trx, 'key.restore', stored.key_id);
    }
    if (key === undefined || stored) return;
    const wanted = { tenantId: DEFAULT_TENANT, name: NAME, scope: 'admin' } as const;
    await note(trx, 'key.create', (await insertKey(trx, key, wanted, true)).key_id);
  });
}

async function findBySecret(trx: Db, key: string): Promise<Stored | undefined> {
  const { rows } = await sql<Stored>`
    select key_id, tenant_id, scope, is_configured, revoked_at is not null as is_revoked, is_replaced
    from api_keys where key_sha256 = ${sha256Of(key)}`.execute(trx);
  return rows[0];
}

function refuseUnusable({ tenant_id, scope, is_configured, is_revoked, is_replaced }: Stored): void {
  if (is_revoked && !is_replaced) throw unusable('was revoked');
  if (is_configured) return;
  if (tenant_id !== DEFAULT_TENANT || scope !== 'admin')
    throw unusable('is a key that minilab keys create made for another tenant or with another scope');
}

function unusable(why: string): Problem {
  return new Problem('bad_settings', { detail: `${NAME} ${why}. A new one: ${newApiKey()}` });
}

/** @returns the ids of the keys that were replaced */
async function replaceOthers(trx: Db, keyId: string | undefined): Promise<string[]> {
  const { rows } = await sql<{ key_id: string }>`
    with replaced as (
      update api_keys set revoked_at = now(), is_replaced = true
      where tenant_id = ${DEFAULT_TENANT} and is_configured and revoked_at is null
        and key_id is distinct from ${keyId ?? null}::uuid
      returning tenant_id, key_id),
      ended as (delete from sessions s using replaced r where s.tenant_id = r.tenant_id and s.key_id = r.key_id)
    select key_id from replaced`.execute(trx);
  return rows.map((row) => row.key_id);
}

function note(trx: Db, action: AuditAction, keyId: string): Promise<void> {
  const details = { name: NAME };
  const objectId = publicId('key', keyId);
  return writeAudit(trx, { tenantId: DEFAULT_TENANT, actor: 'settings', action, objectId, details });
}

/** @throws Problem `conflict` if another key has its name by now */
async function restore(trx: Db, keyId: string): Promise<void> {
  const { rows } = await sql`
    select from api_keys where tenant_id = ${DEFAULT_TENANT} and name = ${NAME} and revoked_at is null`.execute(
    trx,
  );
  if (rows.length > 0) throw nameTaken(NAME);
  await sql`
    update api_keys set revoked_at = null, is_replaced = false
    where tenant_id = ${DEFAULT_TENANT} and key_id = ${keyId}`.execute(trx);
}

type Exposure = { host: string; isExposed: boolean };

/** @throws Problem `bad_settings` if others may reach the server and there is no key */
export async function requireKey(db: Db, { host }: Pick<Exposure, 'host'>): Promise<void> {
  if (await hasActiveKey(db)) return;
  throw new Problem('bad_settings', {
    detail:
      `HOST is ${host}, or TRUST_PROXY is set, so others may reach this server, and there is no API key: anyone could use it. ` +
      `Create a key with minilab keys create NAME, or set ${NAME}; a new one: ${newApiKey()}. ` +
      'Or leave HOST and TRUST_PROXY out: then only this machine can use the API.',
  });
}

/** Who can use the API, and with which keys, for the end of a start and `minilab doctor`. */
export async function accessInWords(
  db: Db,
  { isExposed, publicUrl }: Pick<Exposure, 'isExposed'> & { publicUrl: string },
): Promise<string> {
  const { rows } = await sql<{ needs_keys: boolean; keys: number; tenants: number }>`
    select needs_keys,
      (select count(*) from api_keys k join tenants t on t.tenant_id = k.tenant_id where ${IS_ACTIVE}) as keys,
      (select count(*) from tenants where deleted_at is null) as tenants
    from access`.execute(db);
  const { needs_keys, keys = 0, tenants = 1 } = rows[0] ?? {};
  if (!isExposed && needs_keys === false)
    return isLoopbackHost(new URL(publicUrl).host)
      ? 'There are no API keys, so only this machine can use the API.'
      : `There are no API keys. If a proxy serves this as ${publicUrl}, whoever reaches the proxy can do everything: create a key with minilab keys create NAME.`;
  if (keys === 0)
    return 'The API needs a key, and there is none that is valid: create one with minilab keys create NAME.';
  return `The API needs a key; ${keys} ${keys === 1 ? 'is' : 'are'} valid, of ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}.`;
}
