import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';

/** The tenant that every installation has, from its first migration. It cannot be deleted. */
export const DEFAULT_TENANT = 1;
export const DEFAULT_TENANT_NAME = 'default';

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
