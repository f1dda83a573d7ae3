/** Versions beside each other: what one says of a schema that a newer one has migrated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import packageOfPgBoss from 'pg-boss/package.json' with { type: 'json' };
import { newerThan } from '../../src/db/coexistence.ts';
import { type Db, openDatabase } from '../../src/db/database.ts';
import { migrate, MIGRATIONS, newerSchema } from '../../src/db/migrate.ts';
import { appliedMigrations } from '../../src/db/migration.ts';
import type { Problem } from '../../src/errors.ts';
import { migrateQueue } from '../../src/queue/queue.ts';
import { prepareSchema } from '../../src/services.ts';
import { migratedDatabase, newDatabase } from '../support/database.ts';

const NEWEST = Object.keys(MIGRATIONS).toSorted().at(-1) ?? '';

/** What a newer version would leave in the database. */
async function insertNewer(db: Db, name: string, worksWith: string | null): Promise<void> {
  await sql`insert into kysely_migration (name, timestamp, works_with) values (${name}, '', ${worksWith})`.execute(
    db,
  );
}

test('a version may work beside migrations that are told to work with it, or with an older one', () => {
  const known = ['0002_b', '0001_a'];
  const may = (...newer: [string, string | null][]) =>
    newerThan(known, new Map<string, string | null>([['0001_a', null], ['0002_b', null], ...newer]));
  assert.equal(may(), undefined);
  assert.deepEqual(may(['0003_c', '0002_b']), { migration: '0003_c', mayWork: true });
  assert.deepEqual(may(['0003_c', '0001_a'], ['0004_d', '0002_b']), { migration: '0004_d', mayWork: true });
  assert.deepEqual(may(['0003_c', '0003_c']), { migration: '0003_c', mayWork: false });
  assert.deepEqual(may(['0003_c', null]), { migration: '0003_c', mayWork: false });
  // What one forbids, a later one does not allow again.
  assert.deepEqual(may(['0003_c', '0003_c'], ['0004_d', '0002_b']), { migration: '0003_c', mayWork: false });
});

test('each migration is recorded with the version that it works with, also in a database of before', async () => {
  const { db } = openDatabase(await newDatabase());
  const [first = '', second = ''] = Object.keys(MIGRATIONS).toSorted();
  await migrate(db, { names: [first] });
  await sql`alter table kysely_migration drop column works_with`.execute(db);
  assert.deepEqual([...(await appliedMigrations(db))], [[first, null]]);
  await migrate(db, { names: [second] });
  assert.equal((await appliedMigrations(db)).get(second), MIGRATIONS[second]?.worksWith ?? second);
  await db.destroy();
});

test('every migration since the rule says which version may work beside it', () => {
  const names = Object.keys(MIGRATIONS);
  for (const [name, { worksWith }] of Object.entries(MIGRATIONS).filter(([name]) => name >= '0030')) {
    assert.ok(worksWith, `${name} says no worksWith`);
    assert.ok(names.includes(worksWith) && worksWith <= name, `${name} works with ${worksWith}`);
  }
});

test('a start goes on beside a newer schema that allows it, and is refused by one that does not', async () => {
  const url = await migratedDatabase();
  const { db } = openDatabase(url);
  await insertNewer(db, '9998_beside', NEWEST);
  assert.deepEqual(await migrate(db), []);
  await prepareSchema(url, false);
  assert.deepEqual(await newerSchema(db), { migration: '9998_beside', mayWork: true });
  await insertNewer(db, '9999_alone', '9999_alone');
  for (const mayMigrate of [true, false])
    await assert.rejects(prepareSchema(url, mayMigrate), ({ code, message }: Problem) => {
      assert.equal(code, 'schema_newer');
      assert.match(message, /9999_alone of a newer Minilab, beside which this version must not work/);
      return true;
    });
  await db.destroy();
});

test('a process that may not migrate starts when somebody has migrated the tables and the queue', async () => {
  const url = await newDatabase();
  const refused = (what: RegExp) =>
    assert.rejects(prepareSchema(url, false), ({ code, message }: Problem) => {
      assert.equal(code, 'schema_older');
      assert.match(message, what);
      assert.match(message, /MIGRATE=false.*Run minilab migrate/);
      return true;
    });
  await refused(/lacks the migration 0001_first_schema/);
  await prepareSchema(url, true);
  await refused(/lacks version \d+ of the queue's schema/);
  const database = openDatabase(url);
  await migrateQueue(database);
  await database.db.destroy();
  await prepareSchema(url, false);
});

test('the schema of the queue is the one beside which the versions since 0029 work', () => {
  // pg-boss migrates it at the start, and an older one beside it does not notice. So whoever installs a pg-boss
  // with another schema adds a migration, if need be an empty one, whose worksWith is its own name.
  assert.equal(packageOfPgBoss.pgboss.schema, 46);
});
