import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import { isLockTrouble } from '../db/locks.ts';
import { Problem } from '../errors.ts';

/** The tenant that every installation has, from its first migration. It cannot be deleted. */
export const DEFAULT_TENANT = 1;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export type TenantRow = { tenant_id: number; name: string; created_at: Date; deleted_at: Date | null };

/** @throws Problem `bad_request`, `conflict` if there is one with this name */
export async function createTenant(db: Db, name: string): Promise<TenantRow> {
  if (!NAME.test(name))
    throw new Problem('bad_request', {
      detail: `"${name}" cannot be the name of a tenant: it must have 1 to 63 lower-case letters, digits and hyphens, and begin with a letter or digit.`,
    });
  return inTransaction(db, async (trx) => {
    await sql`lock table tenants in share row exclusive mode`.execute(trx); // for the next number
    const { rows } = await sql<TenantRow>`
      insert into tenants (tenant_id, token, name)
      select max(tenant_id) + 1, ${randomBytes(16).toString('hex')}, ${name} from tenants
      on conflict (name) where deleted_at is null do nothing
      returning tenant_id, name, created_at, deleted_at`.execute(trx);
    const [tenant] = rows;
    if (!tenant) throw new Problem('conflict', { detail: `There is already a tenant "${name}".` });
    return tenant;
  });
}

/** @throws Problem `not_found` */
export async function findTenant(db: Db, name: string): Promise<TenantRow> {
  const { rows } = await sql<TenantRow>`
    select tenant_id, name, created_at, deleted_at from tenants
    where name = ${name} and deleted_at is null`.execute(db);
  const [tenant] = rows;
  if (!tenant)
    throw new Problem('not_found', {
      detail: `There is no tenant "${name}". minilab tenants list shows all of them.`,
    });
  return tenant;
}

export async function tenantName(db: Db, tenantId: number): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select name from tenants where tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.name ?? '';
}

/** The first part of the keys of its files in storage. */
export async function tenantToken(db: Db, tenantId: number): Promise<string> {
  const { rows } = await sql<{ token: string }>`
    select token from tenants where tenant_id = ${tenantId}`.execute(db);
  if (!rows[0]) throw new Error(`there is no tenant ${tenantId}`);
  return rows[0].token;
}

export type TenantSummary = {
  tenant_id: number;
  name: string;
  created_at: Date;
  keys: number;
  batches: number;
  running: number;
};

/** All tenants, with the numbers of their keys and batches. */
export async function listTenants(db: Db): Promise<TenantSummary[]> {
  const { rows } = await sql<TenantSummary>`
    select t.tenant_id, t.name, t.created_at,
      (select count(*) from api_keys k where k.tenant_id = t.tenant_id and k.revoked_at is null) as keys,
      (select count(*) from batches b where b.tenant_id = t.tenant_id) as batches,
      (select count(*) from batches b where b.tenant_id = t.tenant_id and b.ended_at is null) as running
    from tenants t where t.deleted_at is null order by t.tenant_id`.execute(db);
  return rows;
}

/**
 * Deletes a tenant: its keys are refused at once, and workers delete the rest (work/clear-tenants.ts).
 * @param cancels whether its running batches may be cancelled
 * @throws Problem `not_found`, `conflict`
 */
export async function deleteTenant(db: Db, name: string, cancels: boolean): Promise<void> {
  const tenant = await findTenant(db, name);
  if (tenant.tenant_id === DEFAULT_TENANT)
    throw new Problem('conflict', { detail: `The tenant "${name}" cannot be deleted.` });
  try {
    await inTransaction(db, (trx) => markDeleted(trx, tenant, cancels));
  } catch (error) {
    if (!isLockTrouble(error)) throw error;
    throw new Problem('conflict', {
      detail: `An upload of the tenant "${name}" is being stored. Try again in a minute.`,
      cause: error,
    });
  }
}

/** The lock makes uploads wait that are being stored; they are refused then (refuseDeleted), or seen here. */
async function markDeleted(trx: Db, { tenant_id, name }: TenantRow, cancels: boolean): Promise<void> {
  await sql`select from tenants where tenant_id = ${tenant_id} for update`.execute(trx);
  const { rows } = await sql<{ running: number }>`
    select count(*) as running from batches where tenant_id = ${tenant_id} and ended_at is null`.execute(trx);
  const running = rows[0]?.running ?? 0;
  if (running > 0 && !cancels)
    throw new Problem('conflict', {
      detail: `The tenant "${name}" has ${running} running ${running === 1 ? 'batch' : 'batches'}. --force cancels them.`,
    });
  await sql`update tenants set deleted_at = now() where tenant_id = ${tenant_id}`.execute(trx);
}

/** For a transaction that has just inserted a row that refers to the tenant. @throws Problem `unauthorized` */
export async function refuseDeleted(trx: Db, tenantId: number): Promise<void> {
  const { rows } = await sql`
    select from tenants where tenant_id = ${tenantId} and deleted_at is not null`.execute(trx);
  if (rows.length > 0) throw new Problem('unauthorized', { detail: 'The tenant was deleted.' });
}

/** Makes workers read the marks of a tenant again. Transactions that change marks wait for each other here. */
export async function raiseMarksVersion(trx: Db, tenantId: number): Promise<void> {
  await sql`update tenants set marks_version = marks_version + 1 where tenant_id = ${tenantId}`.execute(trx);
}

/** Deleted tenants of which something may be left. */
export async function tenantsToClear(db: Db): Promise<number[]> {
  const { rows } = await sql<{ tenant_id: number }>`
    select tenant_id from tenants where deleted_at is not null and cleared_at is null`.execute(db);
  return rows.map((row) => row.tenant_id);
}

/** An hour after the deletion, because workers may have recorded downloads of its images meanwhile. */
export async function endClearing(db: Db, tenantId: number): Promise<void> {
  await sql`
    update tenants set cleared_at = now()
    where tenant_id = ${tenantId} and deleted_at < now() - interval '1 hour'`.execute(db);
}
