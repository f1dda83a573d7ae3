/** Every statement that touches rows of tenants names the tenant, or is on a list with its reason. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from '../support/database.ts';

const SRC = join(import.meta.dirname, '..', '..', 'src');

/** The begin of each statement without a tenant, by file, and why it needs none. */
const WITHOUT: Record<string, [file: string, why: string]> = {
  'delete from api_keys': ['access/key.queries.ts', 'minilab keys reset deletes the keys of all tenants'],
  'update sessions set': ['access/last-use.ts', 'a session is found by its secret'],
  'delete from sessions where session_sha256': ['access/sessions.ts', 'a session is found by its secret'],
  'delete from sessions where expires_at': ['access/sessions.ts', 'expired sessions of all tenants'],
  'lock table tenants': ['access/tenants.ts', 'for the next number of a tenant'],
  'with dead as': ['batches/orphans.ts', 'workers serve all tenants'],
  'delete from purges': ['batches/purge.ts', 'finished purges of all tenants'],
  "update images i set state = 'pending', task_id = null where": [
    'batches/sweep.ts',
    'a repair for all tenants; tasks are unique',
  ],
  '(select greatest': ['batches/window.ts', 'workers serve all tenants'],
  'truncate batches': ['cli/run-folder.ts', 'the database of minilab process has one tenant'],
  'delete from sources where url': ['cli/run-folder.ts', 'the database of minilab process has one tenant'],
  'delete from host_leases': ['hosts/leases.ts', 'those of a worker that ends'],
  'delete from idempotency_keys where created_at': ['intake/idempotency.ts', 'old answers of all tenants'],
  'delete from uploads where expires_at': ['intake/kept-uploads.ts', 'expired uploads of all tenants'],
  'select endpoint_id, url, coalesce': ['webhooks/endpoint-health.ts', 'minilab doctor looks at all tenants'],
  'delete from workers': ['queue/workers.ts', 'workers serve all tenants'],
  'select worker_id from workers': ['queue/workers.ts', 'workers serve all tenants'],
  'select from workers where worker_id <>': ['queue/workers.ts', 'workers serve all tenants'],
  'select worker_id, machine': ['queue/workers.ts', 'workers serve all tenants'],
  'select upload_id from uploads': ['temporary-folder.ts', 'files are named by ids, which are unique'],
  'delete from sources where fetched_at': ['work/reuse.ts', 'old sources of all tenants'],
  'delete from stalls': ['work/stalls.ts', 'old stalls of all tenants'],
};

/** The statements of a file: its `sql` templates, with `?` for what is inserted. */
function statementsOf(source: string): string[] {
  return [...source.matchAll(/\bsql(?:<[^`]*?>)?`/g)].map((match) =>
    textOf(source, match.index + match[0].length)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

/** The text of a template up to its end, without what is inserted, which may hold templates itself. */
function textOf(source: string, start: number): string {
  const open: string[] = [];
  let text = '';
  for (let i = start; i < source.length; i += 1) {
    const letter = source.charAt(i);
    if (open.at(-1) === '{') {
      if (letter === '}') open.pop();
      else if (letter === '{' || letter === '`') open.push(letter);
    } else if (letter === '$' && source[i + 1] === '{') {
      if (open.length === 0) text += '?';
      open.push('{');
      i += 1;
    } else if (letter === '`') {
      if (open.length === 0) return text;
      open.pop();
    } else if (open.length === 0) text += letter;
  }
  throw new Error('a template does not end');
}

test('a statement that touches rows of tenants names the tenant', async () => {
  const { db } = openDatabase(await migratedDatabase());
  const { rows } = await sql<{ name: string }>`
    select distinct table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'tenant_id'`.execute(db);
  await db.destroy();
  const tables = rows.map((row) => row.name).join('|');
  const touches = new RegExp(`\\b(?:from|join|update|into|truncate|using|table)\\s+(?:${tables})\\b`);

  const touching = globSync('**/*.ts', { cwd: SRC })
    .filter((path) => !path.startsWith('db/migrations/'))
    .flatMap((path) => statementsOf(readFileSync(join(SRC, path), 'utf8')).map((text) => ({ path, text })))
    .filter(({ text }) => touches.test(text));
  assert.ok(touching.length >= 100, `${touching.length} statements were found`);

  const used = new Set<string>();
  const unlisted = touching.filter(({ path, text }) => {
    if (/\btenant_id\b/.test(text)) return false;
    const begin = Object.keys(WITHOUT).find((one) => text.startsWith(one) && WITHOUT[one]?.[0] === path);
    if (begin !== undefined) used.add(begin);
    return begin === undefined;
  });
  assert.deepEqual(unlisted, [], 'a statement names the tenant, or stands in WITHOUT with its reason');
  assert.deepEqual(
    Object.keys(WITHOUT).filter((begin) => !used.has(begin)),
    [],
    'listed, and no longer there',
  );
});
