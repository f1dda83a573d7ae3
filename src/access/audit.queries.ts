import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';

export type AuditRow = {
  entry_id: string;
  at: Date;
  actor: 'key' | 'local' | 'command_line' | 'settings';
  key_id: string | null;
  key_name: string | null;
  action: string;
  object_id: string | null;
  request_id: string | null;
  address: string | null;
  status: number | null;
  details: Record<string, unknown>;
};

export type AuditFilter = {
  tenantId: number;
  /** the last entry of the page before */
  before: string;
  limit: number;
  action?: string | undefined;
  objectId?: string | undefined;
  keyId?: string | undefined;
  since?: Date | undefined;
};

/** The entries of a tenant, newest first. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditRow[]> {
  const { tenantId, before, limit, action, objectId, keyId, since } = filter;
  const { rows } = await sql<AuditRow>`
    select entry_id, at, actor, key_id, key_name, action, object_id, request_id, address, status, details
    from audit_log
    where tenant_id = ${tenantId} and entry_id < ${before}
      ${equals('action', action)} ${equals('object_id', objectId)} ${equals('key_id', keyId)}
      ${when(since !== undefined, sql`and at >= ${since}`)}
    order by entry_id desc
    limit ${limit}`.execute(db);
  return rows;
}

function equals(column: string, value: string | undefined): RawBuilder<unknown> {
  return when(value !== undefined, sql`and ${sql.ref(column)} = ${value}`);
}

const FORGOTTEN_AT_ONCE = 1_000;

/**
 * Deletes entries that are older than AUDIT_DAYS, in small groups.
 * @returns how many there were
 */
export async function forgetAudit(db: Db, days: number): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const { numAffectedRows = 0n } = await sql`
      delete from audit_log where (tenant_id, entry_id) in (
        select tenant_id, entry_id from audit_log
        where at < now() - ${days} * interval '1 day'
        order by at limit ${FORGOTTEN_AT_ONCE}
        for update skip locked)`.execute(db);
    forgotten += Number(numAffectedRows);
    if (numAffectedRows < FORGOTTEN_AT_ONCE) return forgotten;
  }
}
