import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type Db, isPassingTrouble, openDatabase } from '../../src/db/database.ts';
import { statementName } from '../../src/db/prepared.ts';
import { newDatabase } from '../support/database.ts';
import { pooledUrl, startPooler } from '../support/pooler.ts';

const PREPARED = sql<{
  n: number;
}>`select count(*) as n from pg_prepared_statements where name like 'minilab%'`;

/** How many statements the only connection has prepared; this one is one of them. */
async function prepared(db: Db): Promise<number | undefined> {
  return (await PREPARED.execute(db)).rows[0]?.n;
}

test('statements of workers are prepared once for a connection, and never behind a pooler', async () => {
  const url = await newDatabase();
  const direct = openDatabase(url, 1);
  for (const count of [1, 1]) assert.equal(await prepared(direct.hurried), count);
  assert.equal(await prepared(direct.db), 1);
  await direct.db.destroy();

  await using pooler = await startPooler(url);
  const pooled = openDatabase(pooledUrl(url, pooler).href, 1);
  for (const count of [0, 0]) assert.equal(await prepared(pooled.hurried), count);
  await pooled.db.destroy();
});

test('a session that lost its prepared statements, or whose plan is stale, is replaced: a retry succeeds', async () => {
  const { db, hurried } = openDatabase(await newDatabase(), 1);
  await sql`create table things (thing text)`.execute(db);
  const read = () => sql`select * from things where thing is distinct from ${'a text'}`.execute(hurried);
  for (const change of [sql`deallocate all`, sql`alter table things add column other text`]) {
    await read();
    await change.execute(db);
    await assert.rejects(read(), isPassingTrouble);
    await read();
  }
  await db.destroy();
});

test('so is one that failed within a transaction, although its `rollback` succeeds', async () => {
  const { db, hurried } = openDatabase(await newDatabase(), 1);
  await sql`create table things (thing text)`.execute(db);
  const read = () =>
    hurried.transaction().execute(async (trx) => {
      await sql`select * from things where thing is distinct from ${'a text'}`.execute(trx);
    });
  await read();
  await sql`deallocate all`.execute(db);
  await assert.rejects(read(), isPassingTrouble);
  await read();
  await db.destroy();
});

test('a text of several statements is not prepared, whatever its comments and however short its statements are', () => {
  assert.equal(statementName('select 1 from a_table_with_a_long_name; select 2 from another_one'), undefined);
  assert.equal(statementName('begin'), undefined);
  const commented = 'select 1 -- one; not two\n from a_table_with_a_long_name';
  assert.match(statementName(commented) ?? '', /^minilab_\d+$/);
  assert.equal(statementName(commented), statementName(commented));
});
