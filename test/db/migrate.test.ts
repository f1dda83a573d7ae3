import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Client } from 'pg';
import { buildIndex } from '../../src/db/concurrent-index.ts';
import { type Db, openDatabase } from '../../src/db/database.ts';
import { migrate, MIGRATIONS } from '../../src/db/migrate.ts';
import type { Problem } from '../../src/errors.ts';
import { newUuid } from '../../src/ids.ts';
import { startQueue } from '../../src/queue/queue.ts';
import { migratedDatabase, newDatabase } from '../support/database.ts';
import { runMinilab } from '../support/minilab.ts';

const NAMES = Object.keys(MIGRATIONS).toSorted();
const FIRST = NAMES.slice(0, 2);
const LATER = NAMES.slice(2);

/** A database as the versions before the third migration left it. */
async function oldDatabase() {
  const url = await newDatabase();
  const { db, pool } = openDatabase(url, 20);
  await migrate(db, { names: FIRST });
  return { url, db, pool, [Symbol.asyncDispose]: () => db.destroy() };
}

/** A session of its own. */
async function connect(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url, application_name: 'a report' });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

async function insertBatch(db: Db): Promise<string> {
  const id = newUuid();
  await sql`
    insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256, products, images)
    values (1, ${id}, 'a', 'web', '[]', '{"columns": {"images": 0}}', 1, '', 1, 1);
    `.execute(db);
  await sql`
    insert into images (tenant_id, image_id, batch_id, slot, row_number, position, url, host, lead_slot)
    values (1, ${newUuid()}, ${id}, 1, 1, 1, 'http://a/', 'a', 1)`.execute(db);
  return id;
}

/** What the versions before did to record results: the same tables in the same order. */
async function record(db: Db, batch: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`select from batches where tenant_id = 1 and batch_id = ${batch} and ended_at is null for update`.execute(
      trx,
    );
    await sql`insert into hosts (tenant_id, host) values (1, 'a') on conflict do nothing`.execute(trx);
    await sql`
      insert into sources (tenant_id, url_sha256, url, final_url, sha256, fetched_at)
      values (1, ${Buffer.from(newUuid())}, 'http://a/', 'http://a/', '', now())`.execute(trx);
    await sql`select from rendition_sets for key share`.execute(trx);
    await sql`update images set tries = tries + 1 where tenant_id = 1 and batch_id = ${batch}`.execute(trx);
    await sql`update batches set version = version + 1 where tenant_id = 1 and batch_id = ${batch}`.execute(
      trx,
    );
  });
}

/** And to claim tasks: images first, in one statement. */
async function claim(db: Db, batch: string): Promise<void> {
  await sql`
    with claimed as (update images set tries = tries where batch_id = ${batch} returning tenant_id, batch_id)
    select b.recipes from claimed c join batches b using (tenant_id, batch_id)`.execute(db);
}

test('migrations run while workers of the version before record, and no recording fails', async () => {
  await using old = await oldDatabase();
  const batches = [await insertBatch(old.db), await insertBatch(old.db), await insertBatch(old.db)];
  let isOver = false;
  let recorded = 0;
  const recorder = async (batch: string): Promise<void> => {
    for (; !isOver; recorded += 1) await record(old.db, batch);
  };
  const claimer = async (batch: string): Promise<void> => {
    for (; !isOver; await sleep(200)) await claim(old.db, batch);
  };
  const load = [...batches, ...batches].map(recorder).concat(batches.map(claimer));
  const other = openDatabase(old.url);
  const done = await migrate(other.db).finally(() => (isOver = true));
  await Promise.all(load);
  await other.db.destroy();
  assert.deepEqual(done, LATER);
  assert.ok(recorded > 0);
  const { rows } = await sql<{ version: number }>`select version from batches`.execute(old.db);
  assert.equal(
    rows.reduce((sum, { version }) => sum + version - 1, 0),
    recorded,
  );
});

test('every migration locks beforehand all tables that it changes', async () => {
  const url = await newDatabase();
  const { db } = openDatabase(url);
  for (const name of NAMES) {
    const before = new Set(await tablesOf(db));
    if (MIGRATIONS[name]?.isConcurrent) continue;
    const locked = await db.transaction().execute(async (trx) => {
      await MIGRATIONS[name]?.up(trx);
      const { rows } = await sql<{ name: string }>`
        select distinct c.relname as name from pg_locks l join pg_class c on c.oid = l.relation
        where l.pid = pg_backend_pid() and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
          and l.mode in ('ShareLock', 'ExclusiveLock', 'AccessExclusiveLock')`.execute(trx);
      return rows.map((row) => row.name).filter((table) => before.has(table));
    });
    const { locks } = MIGRATIONS[name] ?? {};
    if (locks) assert.deepEqual(locked.toSorted(), locks.toSorted(), name);
  }
  await db.destroy();
});

async function tablesOf(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

test('a migration that fails is told with its reason, and those before it are kept', async () => {
  await using old = await oldDatabase();
  await sql`alter table batches add column deadline_hours integer`.execute(old.db);
  await assert.rejects(migrate(old.db), ({ code, message }: Problem) => {
    assert.equal(code, 'migration_failed');
    assert.match(message, /0005_deadline failed: column "deadline_hours" .* already exists/);
    assert.match(message, /kept: 0003_presets, 0004_rounds_and_intake\./);
    return true;
  });
  await sql`alter table batches drop column deadline_hours`.execute(old.db);
  assert.deepEqual(await migrate(old.db), LATER.slice(2));
});

test('a table that stays in use is told with who uses it, and minilab migrate says so in a sentence', async () => {
  await using old = await oldDatabase();
  await using report = await connect(old.url);
  await report.query('begin');
  await report.query('select from rendition_sets');
  await assert.rejects(migrate(old.db, { patienceMs: 500 }), ({ code, message }: Problem) => {
    assert.equal(code, 'migration_failed');
    assert.match(message, /0003_presets did not get its locks: a report \(process \d+/);
    assert.match(message, /the table rendition_sets in one transaction for \d+ s/);
    assert.match(message, /No migration ran before it/);
    return true;
  });
  await report.query('rollback');
  const { code, err } = await runMinilab(['migrate'], { settings: { DATABASE_URL: old.url } });
  assert.equal(code, 0, err);
  for (const name of LATER) assert.match(err, new RegExp(`${name}: done in \\d`));
  assert.match(
    err,
    new RegExp(`${LATER.length} migrations applied\\.\\nThe schema of the queue: created, version \\d+\\.`),
  );
});

test('a migration that is killed while it waits leaves nothing, and the next start does all of it', async () => {
  await using old = await oldDatabase();
  await using report = await connect(old.url);
  await report.query('begin');
  await report.query('select from rendition_sets');
  const killed = await runMinilab(['migrate'], {
    settings: { DATABASE_URL: old.url },
    onStart: (child) =>
      child.stderr?.on('data', (chunk: Buffer) => {
        if (String(chunk).includes('waiting for locks')) child.kill('SIGKILL');
      }),
  });
  assert.match(killed.err, /0003_presets: waiting for locks/);
  assert.equal(killed.code, null);
  await report.query('commit');
  assert.deepEqual(await migrate(old.db), LATER);
});

test('a migration that waits for a transaction lets others through, and runs when it has ended', async () => {
  await using old = await oldDatabase();
  await using report = await connect(old.url);
  await report.query('begin');
  await report.query('select from rendition_sets');
  const waits = Promise.withResolvers<void>();
  const migrating = migrate(old.db, { onWait: () => waits.resolve() });
  await waits.promise;
  await using other = await connect(old.url);
  const blockedBy = `select from pg_locks where not granted and relation = 'rendition_sets'::regclass`;
  await untilThereAre(1, () => report.query(blockedBy)); // it waits for the report again
  await other.query('select from rendition_sets'); // behind it, and yet before it
  await report.query('commit');
  assert.deepEqual(await migrating, LATER);
});

test('an index of a table in use is built beside a transaction that writes, and again where one was left half built', async () => {
  const url = await migratedDatabase();
  const { db } = openDatabase(url);
  await using writer = await connect(url);
  const newer = { isConcurrent: true, up: (on: Db) => buildIndex(on, 'newer', 'on presets (name)') } as const;
  MIGRATIONS['9999_newer'] = newer;
  try {
    await writer.query('begin');
    await writer.query(
      `insert into presets (tenant_id, name, description, renditions) values (1, 'one', '', '[]')`,
    );
    const migrating = migrate(db);
    await untilThereAre(1, () => writer.query(`select from pg_class where relname = 'newer'`));
    await writer.query(
      `insert into presets (tenant_id, name, description, renditions) values (1, 'two', '', '[]')`,
    );
    await writer.query('commit');
    assert.deepEqual(await migrating, ['9999_newer']);
    await sql`update pg_index set indisvalid = false where indexrelid = 'newer'::regclass`.execute(db);
    await buildIndex(db, 'newer', 'on presets (name)');
    const { rows } =
      await sql`select from pg_index where indexrelid = 'newer'::regclass and indisvalid`.execute(db);
    assert.equal(rows.length, 1);
  } finally {
    delete MIGRATIONS['9999_newer'];
    await db.destroy();
  }
});

async function untilThereAre(
  count: number,
  rowsOf: () => Promise<{ rowCount: number | null }>,
): Promise<void> {
  while ((await rowsOf()).rowCount !== count);
}

test('a database that has later migrations without an earlier one gets that one', async () => {
  const { db } = openDatabase(await newDatabase());
  await migrate(db, { names: NAMES.filter((name) => name !== '0006_hosts') });
  assert.deepEqual(await migrate(db), ['0006_hosts']);
  await db.destroy();
});

test('a queue whose tables are in use is started when they are free', async () => {
  const url = await newDatabase();
  const database = openDatabase(url);
  await (await startQueue(database, () => {})).stop();
  await sql`alter database ${sql.id(new URL(url).pathname.slice(1))} set lock_timeout = '100ms'`.execute(
    database.db,
  );
  await database.db.destroy();
  await using report = await connect(url);
  await report.query('begin');
  await report.query('select from pgboss.queue for update');
  const later = openDatabase(url);
  const starting = startQueue(later, () => {});
  await untilSomebodyGaveUp(report);
  await report.query('commit');
  await (await starting).stop();
  await later.db.destroy();
});

/** Until a session has waited for a lock, and waits no more. */
async function untilSomebodyGaveUp(client: Client): Promise<void> {
  const waiters = async (): Promise<number> =>
    (
      await client.query(
        `select from pg_locks l join pg_stat_activity a using (pid)
        where not l.granted and a.datname = current_database()`,
      )
    ).rowCount ?? 0;
  while ((await waiters()) === 0);
  while ((await waiters()) > 0);
}
