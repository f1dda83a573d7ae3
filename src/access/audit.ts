/**
 * The audit log: which key did what to which object. Rows are written in the transaction of their action
 * (`audited`, `writeAudit`), so an action has its row if and only if it happened. Routes that cannot do so get
 * their row before the response is sent (`auditResponses`): a process that dies in between has acted without a
 * row, and its client got no response.
 */
import { userInfo } from 'node:os';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { type Db, inTransaction } from '../db/database.ts';
import { newUuid } from '../ids.ts';

/** What is done, beginning with the type of the object. docs/audit.md lists them. */
export type AuditAction = `${string}.${string}`;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** what the audit log calls the action of the route */
    audit?: AuditAction;
  }
  interface FastifyRequest {
    /** its action has its row in the audit log, or needs none */
    isAudited: boolean;
  }
}

export type AuditEntry = {
  /** whose log it is in */
  tenantId: number;
  /** `local`: a request without a key, from this machine; `settings`: this process, from its environment */
  actor: 'key' | 'local' | 'command_line' | 'settings';
  key?: { id: string; name: string } | undefined;
  action: AuditAction;
  objectId?: string | undefined;
  requestId?: string | undefined;
  address?: string | undefined;
  /** of the response */
  status?: number | undefined;
  /** small, and without secrets */
  details?: Details | undefined;
};

type Details = Record<string, string | number | boolean | null | readonly string[] | undefined>;

/** What an action was about, where the path of its request does not say it. */
export type Acted = { objectId?: string | undefined; details?: Details | undefined };

export async function writeAudit(db: Db, entry: AuditEntry): Promise<void> {
  const { tenantId, actor, key, action, objectId, requestId, address, status, details = {} } = entry;
  await sql`
    insert into audit_log (tenant_id, entry_id, actor, key_id, key_name, action, object_id, request_id, address, status, details)
    values (${tenantId}, ${newUuid()}, ${actor}, ${key?.id ?? null}, ${key?.name ?? null}, ${action}, ${objectId ?? null},
      ${requestId ?? null}, ${address ?? null}, ${status ?? null}, ${JSON.stringify(details)})`.execute(db);
}

/** Does the action of a request in one transaction with its row in the audit log; if it throws, neither is kept. */
export async function audited<T>(
  request: FastifyRequest,
  db: Db,
  work: (trx: Db) => Promise<T>,
  actedOf: (result: T) => Acted = () => ({}),
): Promise<T> {
  return inTransaction(db, async (trx) => {
    const result = await work(trx);
    await auditRequest(trx, request, actedOf(result));
    return result;
  });
}

/** Writes the row of a request, in the transaction of its action. */
export async function auditRequest(trx: Db, request: FastifyRequest, acted: Acted): Promise<void> {
  request.isAudited = true; // if the transaction fails, so does the request
  await writeAudit(trx, { ...entryOf(request, successStatus(request)), ...acted });
}

/** @throws Error for a route without `config.audit`, or a public one: a bug */
export function entryOf(request: FastifyRequest, status: number): AuditEntry {
  const { principal, routeOptions, params, id, ip } = request;
  const { audit: action } = routeOptions.config;
  if (!principal || action === undefined) throw new Error(`${routeOptions.url} has no audit action`);
  const [objectId] = Object.values((params ?? {}) as Record<string, string>);
  const actor = principal.key ? 'key' : 'local';
  return {
    tenantId: principal.tenantId,
    actor,
    key: principal.key,
    action,
    objectId: objectId?.replaceAll('\0', '\uFFFD'), // PostgreSQL stores no NUL; without it, the request would leave no row
    requestId: id,
    address: ip,
    status,
  };
}

/** The status that the route declares for success. */
function successStatus({ routeOptions }: FastifyRequest): number {
  const declared = Object.keys(routeOptions.schema?.response ?? {}).map(Number);
  return declared.find((status) => status >= 200 && status < 300) ?? 200;
}

/**
 * Does an action of the command line in one transaction with its row in the audit log, which names the user of
 * the operating system.
 * @param tenantId whose log it is in; of actions on tenants, the default tenant's
 */
export function auditedCommand<T>(
  db: Db,
  { tenantId, action }: { tenantId: number; action: AuditAction },
  work: (trx: Db) => Promise<T>,
  actedOf: (result: T) => Acted,
): Promise<T> {
  return inTransaction(db, async (trx) => {
    const result = await work(trx);
    const { objectId, details } = actedOf(result);
    const user = userName();
    await writeAudit(trx, {
      tenantId,
      actor: 'command_line',
      action,
      objectId,
      details: { ...details, user },
    });
    return result;
  });
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // a container's user may have no name
  }
}
