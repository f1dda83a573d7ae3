import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { forgetSources } from '../../src/work/reuse.ts';
import { newFoundation } from '../support/batches.ts';

test('sources that nobody asked for in 90 days are forgotten', async () => {
  await using foundation = await newFoundation();
  const { db } = foundation.database;
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
