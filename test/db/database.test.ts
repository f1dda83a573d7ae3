import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openConnections } from '../../src/db/connections.ts';
import {
  type Db,
  isConnectionTrouble,
  isPassingTrouble,
  longTransaction,
  openDatabase,
  openForMigration,
} from '../../src/db/database.ts';
import { networkTo } from '../support/blackhole.ts';
import { newDatabase } from '../support/database.ts';

type Limits = { idle: string; lock: string; statement: string };

async function limitsOf(db: Db): Promise<Limits | undefined> {
  const { rows } = await sql<Limits>`
    select current_setting('idle_in_transaction_session_timeout') as idle,
      current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`.execute(db);
  return rows[0];
}

/** The error of something that must fail. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.fail('it succeeded'),
    (error: unknown) => error,
  );
}

test('every session has limits, long transactions and migrations have their own', async () => {
  const url = await newDatabase();
  const database = openDatabase(url);
  const usual = { idle: '15s', lock: '10s', statement: '1min' };
  for (const db of [database.db, database.hurried, database.patient])
    assert.deepEqual(await limitsOf(db), usual);
  const { rows } = await database
    .query('show idle_in_transaction_session_timeout; show statement_timeout')
    .then((result) => [result].flat()[1] ?? { rows: [] });
  assert.deepEqual(rows, [{ statement_timeout: '1min' }]);
  assert.deepEqual(await longTransaction(database.patient, limitsOf), { ...usual, statement: '15min' });
  assert.deepEqual(await database.transactionWithClient(limitsOf), { ...usual, statement: '15min' });
  assert.deepEqual(await limitsOf(database.db), usual, 'a connection that comes back');
  await database.db.destroy();
  const migration = openForMigration(url);
  assert.deepEqual(await limitsOf(migration.db), { idle: '5min', lock: '0', statement: '0' });
  await migration.db.destroy();
});

test('statements at once are one transaction, whatever values they have', async () => {
  const database = openDatabase(await newDatabase());
  await sql`create table t (a text, b integer)`.execute(database.db);
  const text = `it's \\ a "$1"`;
  const rows = await database.atOnce(
    sql`insert into t values (${text}, ${1})`,
    sql`insert into t values (${'b'}, ${2})`,
    sql`select a, b from t where b < ${10} order by b`,
  );
  assert.deepEqual(rows, [
    { a: text, b: 1 },
    { a: 'b', b: 2 },
  ]);
  await errorOf(database.atOnce(sql`delete from t`, sql`select 1 / ${0}::integer`));
  const { rows: left } = await sql`select from t`.execute(database.db);
  assert.equal(left.length, 2);
  await database.db.destroy();
});

test('a statement that is not answered ends by its deadline, and no later one is given its connection or an idle one', async () => {
  const url = new URL(await newDatabase());
  await using network = await networkTo(Number(url.port));
  url.port = String(network.port);
  url.search = '';
  const { pool, take, answered } = openConnections(url.href, 3, { lock_timeout: '10s' });
  const before = await Promise.all([take(), take(), take()]);
  for (const client of before) {
    await answered(client, 1_000, () => client.query('select 1'));
    client.release();
  }
  network.cut();
  const client = await take();
  const error = await errorOf(answered(client, 200, () => client.query('select 2')));
  assert.ok(isConnectionTrouble(error), String(error));
  await errorOf(client.query('rollback'));
  client.release();
  network.mend();
  const next = await take();
  assert.ok(!before.includes(next));
  const { rows } = await answered(next, 1_000, () => next.query<{ three: number }>('select 3 as three'));
  assert.deepEqual(rows, [{ three: 3 }]);
  next.release();
  await pool.end();
});

test('somebody else in the way, and a database that is away, are passing trouble; what is wrong is not', async () => {
  const database = openDatabase(await newDatabase());
  const { db } = database;
  await sql`create table t (a integer primary key)`.execute(db);
  await sql`insert into t values (1)`.execute(db);
  const locked = await database.transactionWithClient(async (trx) => {
    await sql`select from t for update`.execute(trx);
    return errorOf(
      db.transaction().execute(async (other) => {
        await sql`set local lock_timeout = '50ms'`.execute(other);
        await sql`select from t for update`.execute(other);
      }),
    );
  });
  const late = await errorOf(
    db.transaction().execute(async (trx) => {
      await sql`set local statement_timeout = '50ms'`.execute(trx);
      await sql`select pg_sleep(10)`.execute(trx);
    }),
  );
  const idle = await errorOf(
    db.transaction().execute(async (trx) => {
      await sql`set local idle_in_transaction_session_timeout = '50ms'`.execute(trx);
      await sql`select 1`.execute(trx);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await sql`select 1`.execute(trx);
    }),
  );
  const ended = await errorOf(sql`select pg_terminate_backend(pg_backend_pid())`.execute(db));
  for (const error of [locked, late, idle, ended]) assert.ok(isPassingTrouble(error), String(error));
  assert.ok(!isConnectionTrouble(locked));
  assert.ok(isConnectionTrouble(idle));
  const [refused] = (await once(connect(9, '127.0.0.1'), 'error').catch((error: unknown) => [error])) as [
    unknown,
  ];
  assert.ok(isConnectionTrouble(refused));
  for (const wrong of [
    await errorOf(sql`insert into t values (1)`.execute(db)),
    await errorOf(sql`select nothing`.execute(db)),
    new Error('the connection between a product and its images is wrong'),
    Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' }),
  ])
    assert.ok(!isPassingTrouble(wrong), String(wrong));
  await db.destroy();
});
