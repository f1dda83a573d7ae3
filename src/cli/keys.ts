import { auditedCommand } from '../access/audit.ts';
import { keyBody } from '../access/key.body.ts';
import {
  createdKey,
  createKey,
  hasActiveKey,
  type KeyRow,
  listKeys,
  resetKeys,
  revokeKey,
} from '../access/key.queries.ts';
import { DEFAULT_TENANT, findTenant } from '../access/tenants.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { type Scope, SCOPES } from '../http/principal.ts';
import { publicId, uuidOf } from '../ids.ts';
import { HOUR_MS, parseDuration } from '../units.ts';
import { withDatabase } from './database.ts';
import { EXIT, plural, printJson, say, table } from './output.ts';

export type CreateKeyOptions = { tenant: string; scope: string; expires?: string; json: boolean };

/** `minilab keys create NAME`: prints the key alone on standard output, so that a script can read it. */
export function createNewKey(name: string, options: CreateKeyOptions): Promise<number> {
  const scope = scopeOf(options.scope);
  const expires = options.expires === undefined ? undefined : lifetimeOf(options.expires);
  return withDatabase('keys', async (db) => {
    const { tenant_id: tenantId } = await findTenant(db, options.tenant);
    const isFirst = !(await hasActiveKey(db));
    const action = { tenantId, action: 'key.create' } as const;
    const create = (trx: Db) => createKey(trx, { tenantId, name, scope, expires });
    const { key, row } = await auditedCommand(db, action, create, createdKey);
    if (options.json) printJson({ ...keyBody(row), key });
    else process.stdout.write(`${key}\n`);
    say(
      `The key "${name}" of the tenant ${row.tenant} has the scope ${scope}, and ${ending(row)}. It is shown this once.`,
    );
    if (isFirst) say('From now on, the API asks for a key, also on this machine.');
    return EXIT.ok;
  });
}

function ending({ expires_at }: KeyRow): string {
  return expires_at === null ? 'does not expire' : `expires ${expires_at.toISOString()}`;
}

/** @throws Problem `bad_request` */
function scopeOf(text: string): Scope {
  const scope = SCOPES.find((one) => one === text);
  if (scope) return scope;
  throw new Problem('bad_request', {
    detail: `--scope is "${text}", and must be one of ${SCOPES.join(', ')}.`,
  });
}

const LONGEST_MS = 3650 * 24 * HOUR_MS;

/** @returns milliseconds @throws Problem `bad_request` */
function lifetimeOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0 && ms <= LONGEST_MS) return ms;
  throw new Problem('bad_request', {
    detail: `--expires is "${text}", and must be a duration such as 90d or 12h, at most 3650d.`,
  });
}

export type ListKeysOptions = { tenant?: string; json: boolean };

/** `minilab keys list`: the keys of all tenants, or of one. */
export function showKeys({ tenant, json }: ListKeysOptions): Promise<number> {
  return withDatabase('keys', async (db) => {
    const tenantId = tenant === undefined ? undefined : (await findTenant(db, tenant)).tenant_id;
    const rows = await listKeys(db, { tenantId });
    if (json) printJson({ items: rows.map(keyBody) });
    else if (rows.length === 0) say('There are no keys.');
    else process.stdout.write(`${table([HEAD, ...rows.map(cells)], process.stdout)}\n`);
    return EXIT.ok;
  });
}

const HEAD = ['ID', 'NAME', 'TENANT', 'SCOPE', 'KEY', 'CREATED', 'LAST USED', 'STATE'];

function cells(row: KeyRow): string[] {
  const { id, name, tenant, scope, prefix, state, configured } = keyBody(row);
  const expiry = row.expires_at && state !== 'revoked' ? `${state}, ${ending(row)}` : state;
  return [
    id,
    name,
    tenant,
    scope,
    `${prefix}…`,
    dayOf(row.created_at),
    row.last_used_at ? minuteOf(row.last_used_at) : 'never',
    configured ? `${expiry}, from MINILAB_KEY` : expiry,
  ];
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function minuteOf(time: Date): string {
  return `${time.toISOString().slice(0, 16)}Z`;
}

/** `minilab keys revoke ID-or-NAME`: a name is one of the tenant; an id is that of any. */
export function revoke(idOrName: string, options: { tenant: string }): Promise<number> {
  return withDatabase('keys', async (db) => {
    const { tenant_id, key_id, name, tenant } = await findOne(db, idOrName, options.tenant);
    const action = { tenantId: tenant_id, action: 'key.revoke' } as const;
    const row = await auditedCommand(
      db,
      action,
      (trx) => revokeKey(trx, tenant_id, key_id),
      () => ({ objectId: publicId('key', key_id) }),
    );
    say(`The key "${name}" of the tenant ${tenant} is revoked. Every process refuses it within 5 seconds.`);
    if (row?.is_configured) say('Remove or change MINILAB_KEY too: the next start of serve refuses it.');
    if (!(await hasActiveKey(db)))
      say(
        'It was the last valid key: until there is another one, the API refuses every request (minilab keys reset opens it to this machine again).',
      );
    return EXIT.ok;
  });
}

/** @throws Problem `not_found` */
async function findOne(db: Db, idOrName: string, tenantName: string): Promise<KeyRow> {
  const keyId = uuidOf('key', idOrName);
  const rows = await listKeys(db, {});
  const found = keyId
    ? rows.find((row) => row.key_id === keyId)
    : rows.find((row) => row.name === idOrName && row.tenant === tenantName && row.revoked_at === null);
  if (found) return found;
  throw new Problem('not_found', {
    detail: `The tenant ${tenantName} has no key "${idOrName}" that could be revoked. minilab keys list shows all keys.`,
  });
}

/** `minilab keys reset`: deletes all keys. */
export function resetAllKeys(): Promise<number> {
  return withDatabase('keys', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'key.reset' } as const;
    const count = await auditedCommand(db, action, resetKeys, (keys) => ({ details: { keys } }));
    say(
      `${plural(count, 'key')} deleted. Within 5 seconds, a server on loopback without TRUST_PROXY is open to this machine, and any other one refuses every request.`,
    );
    return EXIT.ok;
  });
}
