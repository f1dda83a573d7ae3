import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { createKey } from '../../src/access/key.queries.ts';
import { beginSession } from '../../src/access/sessions.ts';
import { foldStoredBytes } from '../../src/access/stored-bytes.ts';
import { createTenant, deleteTenant, findTenant, listTenants } from '../../src/access/tenants.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import type { Db } from '../../src/db/database.ts';
import { newUuid } from '../../src/ids.ts';
import { putHost } from '../../src/hosts/host.queries.ts';
import { takeKey } from '../../src/intake/idempotency.ts';
import { keptQuota, putUpload } from '../../src/intake/kept-uploads.ts';
import { putPreset } from '../../src/presets/preset.queries.ts';
import { withDefaults } from '../../src/presets/spec.ts';
import type { Services } from '../../src/services.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import { keepMessage } from '../../src/webhooks/inbox.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { clearTenants } from '../../src/work/clear-tenants.ts';
import { until } from '../support/until.ts';
import { acceptUrls, claim, failed, madeOf, newServices, record } from '../support/batches.ts';
import { folderOf } from '../support/storage.ts';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

/** Tables that keep rows of a deleted tenant, and why. */
const KEPT: Record<string, string> = {
  tenants: 'its token finds files that are left in storage',
  purges: 'of its files; forgotten an hour after they were removed',
};

async function rowsOf(db: Db, tenantId: number): Promise<Record<string, number>> {
  const { rows: tables } = await sql<{ name: string }>`
    select c.table_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE'`.execute(
    db,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from ${sql.table(name)} where tenant_id = ${tenantId}`.execute(db);
    if (rows[0]?.count && !KEPT[name]) counts[name] = rows[0].count;
  }
  return counts;
}

/** Gives a tenant a row in every table that may have one, a batch with files, and one that runs. */
async function fill(services: Services, tenantId: number): Promise<void> {
  const { db } = services.database;
  const made = await acceptUrls(services, ['https://a.example/1.jpg', 'https://a.example/2.jpg'], {
    tenantId,
  });
  const claimed = await claim(services, 10);
  const [first, second] = claimed.filter(({ image }) => image.batchId === made.batchId);
  assert.ok(first && second);
  await record(services, [
    { task: first.task, result: await madeOf(services, first.image) },
    { task: second.task, result: failed(second.image) },
  ]);
  assert.equal(made.tenantId, tenantId);
  const callback = { url: 'https://hook.example', secret: newSecret() };
  await acceptUrls(services, ['https://b.example/1.jpg', 'https://b.example/2.jpg'], { tenantId, callback });
  await configureEndpoint(db, tenantId, callback);
  const rendition = withDefaults({ name: 'web', width: 100 });
  await putPreset(db, tenantId, { name: 'mine', description: '', renditions: [rendition] });
  await putHost(db, { tenantId, host: 'c.example' }, { ceiling: 1, heldUntil: null, headers: undefined });
  await putUpload(db, { tenantId, uploadId: newUuid() }, { bytes: 1 }, keptQuota(1));
  const lease = await takeKey(db, tenantId, 'key');
  if (lease?.is === 'leased') lease[Symbol.dispose]();
  await keepMessage(db, { tenantId, source: 's', messageId: 'm', headers: {}, body: Buffer.alloc(1) });
  const { row } = await createKey(db, { tenantId, name: 'key', scope: 'write' });
  await beginSession(db, row);
  await sql`insert into stalls (tenant_id, batch_id, slot) values (${tenantId}, ${made.batchId}, 1)`.execute(
    db,
  );
}

async function clear(services: Services): Promise<void> {
  const { database, feed, storage } = services;
  const { signal } = new AbortController();
  await clearTenants({ database, rules: feed, signal });
  await purgeFiles(database.db, storage, signal);
  await foldStoredBytes(database.db);
}

test('names of tenants are few letters, and unique while they live; numbers are never given again', async () => {
  await using services = await newServices();
  const { db } = services.database;
  for (const name of ['', 'A', '-a', 'a b', 'a_b', 'ä', 'a'.repeat(64), 'a\n'])
    assert.equal(await codeOf(createTenant(db, name)), 'bad_request', name);
  const many = await Promise.all(['b', 'c', '0-', 'a'.repeat(63)].map((name) => createTenant(db, name)));
  assert.deepEqual(new Set(many.map((row) => row.tenant_id)), new Set([2, 3, 4, 5]));
  assert.equal(await codeOf(createTenant(db, 'b')), 'conflict');
  assert.equal(await codeOf(createTenant(db, 'default')), 'conflict');
  const before = await findTenant(db, 'b');
  await deleteTenant(db, 'b', false);
  assert.equal(await codeOf(findTenant(db, 'b')), 'not_found');
  assert.equal(await codeOf(deleteTenant(db, 'b', false)), 'not_found');
  assert.equal(await codeOf(deleteTenant(db, 'default', true)), 'conflict');
  const after = await createTenant(db, 'b');
  assert.notEqual(after.tenant_id, before.tenant_id);
  const listed = (await listTenants(db)).map((row) => row.name);
  assert.deepEqual(listed.toSorted(), ['0-', 'a'.repeat(63), 'b', 'c', 'default']);
});

test('a tenant with running batches is deleted with --force only; then nothing of it is left, and all of others', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const { tenant_id: gone } = await createTenant(db, 'gone');
  const { tenant_id: stays } = await createTenant(db, 'stays');
  await fill(services, stays);
  await fill(services, gone);
  const [staying, going] = [await rowsOf(db, stays), await rowsOf(db, gone)];
  assert.deepEqual(going, staying);
  assert.ok(Object.keys(going).length >= 16, JSON.stringify(going));
  const filesOf = async (): Promise<string[]> =>
    (await readdir(folderOf(services.config), { recursive: true })).filter((name) => name.endsWith('.jpg'));
  assert.equal((await filesOf()).length, 4);

  await assert.rejects(deleteTenant(db, 'gone', false), /"gone" has 1 running batch\. --force cancels/);
  await clear(services);
  assert.deepEqual(await rowsOf(db, gone), going);

  await deleteTenant(db, 'gone', true);
  await clear(services);
  assert.deepEqual(await rowsOf(db, gone), {});
  assert.deepEqual(await rowsOf(db, stays), staying);
  const { rows } = await sql<{ token: string }>`select token from tenants where tenant_id = ${stays}`.execute(
    db,
  );
  const left = await filesOf();
  assert.equal(left.length, 2);
  assert.ok(left.every((name) => name.startsWith(rows[0]?.token ?? '?')));
  assert.deepEqual(await services.queue.claim('deliver_webhook', 10), [], 'nobody waits for its events');
});

test('a worker that is killed while it clears a tenant leaves the rest to the next one', async () => {
  await using services = await newServices();
  const { database, feed } = services;
  const { tenant_id: tenantId } = await createTenant(database.db, 'gone');
  for (let i = 0; i < 3; i += 1) await acceptUrls(services, [`https://a.example/${i}.jpg`], { tenantId });
  await deleteTenant(database.db, 'gone', true);
  const ending = new AbortController();
  ending.abort();
  assert.equal(await clearTenants({ database, rules: feed, signal: ending.signal }), 0);
  await Promise.all([clear(services), clear(services), clear(services)]);
  await clear(services);
  assert.deepEqual(await rowsOf(database.db, tenantId), {});
  await sql`update tenants set deleted_at = now() - interval '2 hours' where tenant_id = ${tenantId}`.execute(
    database.db,
  );
  await clear(services);
  const { rows } = await sql<{ isCleared: boolean }>`
    select cleared_at is not null as "isCleared" from tenants where tenant_id = ${tenantId}`.execute(
    database.db,
  );
  assert.equal(rows[0]?.isCleared, true);
});

test('an upload that was in progress when its tenant was deleted is refused, and leaves nothing', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const { tenant_id: tenantId } = await createTenant(db, 'gone');
  await deleteTenant(db, 'gone', false);
  assert.equal(await codeOf(acceptUrls(services, ['https://a.example/1.jpg'], { tenantId })), 'unauthorized');
  assert.deepEqual(await rowsOf(db, tenantId), {});
});

test('a deletion waits for an upload that is being stored, and sees its batch', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const { tenant_id: tenantId } = await createTenant(db, 'busy');
  const inserted = Promise.withResolvers<void>();
  const stored = db.transaction().execute(async (trx) => {
    await sql`
      insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256, products, images)
      values (${tenantId}, ${newUuid()}, 'a', 'web', '[]', '{}', 1, '', 1, 1)`.execute(trx);
    inserted.resolve();
    await until(async () => (await waiting(db)) > 0, 8_000, 'the deletion waits');
  });
  await inserted.promise;
  const deleting = deleteTenant(db, 'busy', false);
  const refused = assert.rejects(deleting, /has 1 running batch/);
  await stored;
  await refused;
});

/** How many sessions of this database wait for a lock. */
async function waiting(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.count ?? 0;
}
