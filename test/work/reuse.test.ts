import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { setFinder } from '../../src/work/rendition-sets.ts';
import { forgetSources } from '../../src/work/reuse.ts';
import { newServices } from '../support/batches.ts';
import { newPostgres } from '../support/postgres.ts';

test('sources that nobody asked for in 90 days are forgotten', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await sql`
    insert into sources (tenant_id, url_sha256, url, final_url, sha256, fetched_at)
    select 1, sha256(url::bytea), url, url, '', now() - age::interval
    from (values ('https://a.example/old', '91 days'), ('https://a.example/new', '89 days')) as s (url, age)`.execute(
    db,
  );
  await forgetSources(db);
  const { rows } = await sql<{ url: string }>`select url from sources`.execute(db);
  assert.deepEqual(rows, [{ url: 'https://a.example/new' }]);
});

test('a busy worker looks for sets in groups, and one that is not at once', async () => {
  await using services = await newServices();
  let statements = 0;
  services.database.pool.on('acquire', () => (statements += 1));
  const find = setFinder(services.database.db, { gatherMs: 200, busyWithinMs: 60_000 });
  const setId = (i: number): string => String(i).padStart(16, '0');
  for (let i = 0; i < 4; i += 1) assert.equal(await find(1, setId(i)), undefined);
  assert.equal(statements, 4);
  const found: Promise<unknown>[] = [];
  for (let i = 4; i < 40; i += 1) {
    found.push(find(1, setId(i)));
    await turn();
  }
  assert.deepEqual(new Set(await Promise.all(found)), new Set([undefined]));
  assert.ok(statements < 20, `${statements} statements for 40 sets`);
});

test('while the database is away, no set is found, which is not an error', async () => {
  await using postgres = await newPostgres();
  const { db } = openDatabase(await postgres.newDatabase());
  const findSet = setFinder(db);
  const find = () => findSet(1, '0'.repeat(16));
  await assert.rejects(find(), /relation .* does not exist/); // a bug of ours is thrown
  await postgres.stopAtOnce();
  assert.equal(await find(), undefined);
  await db.destroy();
});
