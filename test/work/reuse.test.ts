import assert from 'node:assert/strict';
import { test } from 'node:test';
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
