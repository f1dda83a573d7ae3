import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSet } from '../../src/batches/known.ts';
import { openDatabase } from '../../src/db/database.ts';
import { newPostgres } from '../support/postgres.ts';

test('what was made of a content is not known while the database is away, which is no error', async () => {
  await using postgres = await newPostgres();
  const { db } = openDatabase(await postgres.newDatabase());
  const find = () => findSet(db, { tenantId: 1, hash16: '0'.repeat(16) });
  await assert.rejects(find(), /relation .* does not exist/); // a mistake of ours is told
  await postgres.stopAtOnce();
  assert.equal(await find(), undefined);
  await db.destroy();
});
