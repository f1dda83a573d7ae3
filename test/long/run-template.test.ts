import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { leaveSpare, migratedDatabase } from '../../src/cli/run-template.ts';
import { openDatabase } from '../../src/db/database.ts';
import { holdEmbeddedServer } from '../../src/db/embedded.ts';
import { requireSchema } from '../../src/db/migrate.ts';
import { requireQueue } from '../../src/queue/queue.ts';
import { newFolder } from '../support/folder.ts';

const PREFIX = 'minilab_template_';

/** The number of a database, which it keeps when it is renamed. It has this version's schema. */
async function idOf(url: string): Promise<number | undefined> {
  const { db } = openDatabase(url, 1);
  try {
    await requireSchema(db);
    await requireQueue(db);
    const { rows } = await sql<{ id: number }>`
      select oid::integer as id from pg_database where datname = current_database()`.execute(db);
    return rows[0]?.id;
  } finally {
    await db.destroy();
  }
}

test('a run of `process` gets a copy of a migrated database, and leaves one, which the next run renames', async () => {
  await using folder = await newFolder();
  const server = await holdEmbeddedServer(folder.path, 'test');
  await server.database(`${PREFIX}of_another_version`);
  const first = await idOf(await migratedDatabase(server, 'run'));
  const [template = '', ...others] = await server.databases(PREFIX);
  assert.deepEqual(others, [], 'only the template of this version is kept');

  await leaveSpare(server);
  const spare = await idOf(await server.database(`${template}_spare`));
  assert.equal(await idOf(await migratedDatabase(server, 'run')), spare);
  assert.deepEqual(await server.databases(PREFIX), [template]);

  const copied = await idOf(await migratedDatabase(server, 'run'));
  assert.equal(new Set([first, spare, copied]).size, 3);
  await server.close();
});

test('a run migrates a database of its own while another one makes the template', async () => {
  await using folder = await newFolder();
  const server = await holdEmbeddedServer(folder.path, 'test');
  const other = await holdEmbeddedServer(folder.path, 'other');
  assert.equal(await other.claim(PREFIX), undefined);
  const { db } = openDatabase(await migratedDatabase(server, 'run'), 1);
  await assert.rejects(requireSchema(db), { code: 'schema_older' });
  await leaveSpare(server);
  assert.deepEqual(await server.databases(PREFIX), []);
  await db.destroy();
  await other.close();
  await server.close();
});
