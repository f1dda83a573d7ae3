import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';

/** What a tenant may use; null: no limit (of requests: REQUESTS_PER_SECOND). */
export type TenantLimits = {
  requestsPerSecond: number | null;
  batchesAtOnce: number | null;
  imagesPerDay: number | null;
  storedBytes: number | null;
};

export type LimitRow = {
  requests_per_second: number | null;
  batches_at_once: number | null;
  images_per_day: number | null;
  max_stored_bytes: number | null;
};

export const LIMIT_COLUMNS = sql`
  t.requests_per_second, t.batches_at_once, t.images_per_day, t.max_stored_bytes`;

export function limitsOf(row: LimitRow): TenantLimits {
  return {
    requestsPerSecond: row.requests_per_second,
    batchesAtOnce: row.batches_at_once,
    imagesPerDay: row.images_per_day,
    storedBytes: row.max_stored_bytes,
  };
}

/** @returns undefined when there is no such tenant */
export async function findLimits(db: Db, tenantId: number): Promise<TenantLimits | undefined> {
  const { rows } = await sql<LimitRow>`
    select ${LIMIT_COLUMNS} from tenants t where t.tenant_id = ${tenantId}`.execute(db);
  return rows[0] && limitsOf(rows[0]);
}

/**
 * Sets limits of a tenant. Undefined fields stay as they are. Uploads that have been accepted stay accepted.
 * @returns whether there is such a tenant
 */
export async function putLimits(db: Db, tenantId: number, limits: Partial<TenantLimits>): Promise<boolean> {
  const { requestsPerSecond, batchesAtOnce, imagesPerDay, storedBytes } = limits;
  const { numAffectedRows } = await sql`
    update tenants set tenant_id = tenant_id
      ${when(requestsPerSecond !== undefined, sql`, requests_per_second = ${requestsPerSecond}`)}
      ${when(batchesAtOnce !== undefined, sql`, batches_at_once = ${batchesAtOnce}`)}
      ${when(imagesPerDay !== undefined, sql`, images_per_day = ${imagesPerDay}`)}
      ${when(storedBytes !== undefined, sql`, max_stored_bytes = ${storedBytes}`)}
    where tenant_id = ${tenantId}`.execute(db);
  return numAffectedRows === 1n;
}
