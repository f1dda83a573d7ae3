import { type AuditAction, auditedCommand } from '../access/audit.ts';
import { type Standing, standingOf } from '../access/quotas.ts';
import { putLimits } from '../access/tenant-limits.ts';
import {
  createTenant,
  DEFAULT_TENANT,
  deleteTenant,
  findTenant,
  listTenants,
  type TenantSummary,
} from '../access/tenants.ts';
import { withDatabase } from './database.ts';
import { EXIT, printJson, say, table } from './output.ts';
import { LIMIT_HEAD, limitCells, type LimitOptions, limitsOf } from './tenant-limits.ts';

/** `minilab tenants create NAME` */
export function createNewTenant(name: string): Promise<number> {
  return withDatabase('tenants', async (db) => {
    await auditedCommand(db, actionOf('tenant.create'), (trx) => createTenant(trx, name), acted(name));
    say(`The tenant "${name}" exists. Its first key: minilab keys create NAME --tenant ${name}`);
    return EXIT.ok;
  });
}

/** `minilab tenants list` */
export function showTenants({ json }: { json: boolean }): Promise<number> {
  return withDatabase('tenants', async (db) => {
    const tenants = await listTenants(db);
    const standings = await Promise.all(tenants.map(({ tenant_id }) => standingOf(db, tenant_id)));
    if (json) printJson({ items: tenants.map((row, i) => summaryBody(row, standings[i])) });
    else {
      const rows = tenants.map((row, i) => cells(row).concat(limitCells(standings[i])));
      const head = ['NAME', 'CREATED', 'KEYS', 'BATCHES', ...LIMIT_HEAD];
      process.stdout.write(`${table([head, ...rows], process.stdout)}\n`);
    }
    return EXIT.ok;
  });
}

/** `minilab tenants delete NAME` */
export function removeTenant(name: string, { force }: { force: boolean }): Promise<number> {
  return withDatabase('tenants', async (db) => {
    await auditedCommand(db, actionOf('tenant.delete'), (trx) => deleteTenant(trx, name, force), acted(name));
    say(
      `The tenant "${name}" is deleted: every process refuses its keys within 5 seconds. Workers delete its batches and files now.`,
    );
    return EXIT.ok;
  });
}

/** `minilab tenants set NAME`: limits that are not given stay as they are. */
export function setTenantLimits(name: string, options: LimitOptions): Promise<number> {
  const limits = limitsOf(options);
  return withDatabase('tenants', async (db) => {
    const { tenant_id } = await findTenant(db, name);
    await auditedCommand(
      db,
      actionOf('tenant.limit'),
      (trx) => putLimits(trx, tenant_id, limits),
      () => ({ objectId: name, details: { ...options } }),
    );
    say(`The limits of the tenant "${name}" are set, and effective within 5 seconds.`);
    return EXIT.ok;
  });
}

function summaryBody(
  { name, created_at, keys, batches, running }: TenantSummary,
  standing: Standing | undefined,
) {
  const { limits, imagesToday, storedBytes } = standing ?? {};
  return {
    name,
    created_at: created_at.toISOString(),
    keys,
    batches,
    running,
    images_today: imagesToday,
    stored_bytes: storedBytes,
    limits: {
      requests_per_second: limits?.requestsPerSecond,
      batches_at_once: limits?.batchesAtOnce,
      images_per_day: limits?.imagesPerDay,
      stored_bytes: limits?.storedBytes,
    },
  };
}

function cells({ name, created_at, keys, batches }: TenantSummary): string[] {
  return [name, created_at.toISOString().slice(0, 10), String(keys), String(batches)];
}

/** Operators see actions on tenants in the log of the default tenant. */
function actionOf(action: AuditAction): { tenantId: number; action: AuditAction } {
  return { tenantId: DEFAULT_TENANT, action };
}

function acted(name: string): () => { objectId: string } {
  return () => ({ objectId: name });
}
