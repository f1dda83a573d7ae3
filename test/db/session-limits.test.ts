import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { openDatabase } from '../../src/db/database.ts';
import { limitsTrouble } from '../../src/db/session-limits.ts';
import { newDatabase } from '../support/database.ts';
import { pooledUrl, startPooler } from '../support/pooler.ts';

async function troubleAt(url: string): Promise<string | undefined> {
  const { pool } = openDatabase(url);
  return limitsTrouble(pool).finally(() => pool.end());
}

test('limits of a session are enough without a pooler; behind one they must belong to the role', async () => {
  const url = await newDatabase();
  assert.equal(await troubleAt(url), undefined);
  await using pooler = await startPooler(url);
  const pooled = pooledUrl(url, pooler);
  const client = new Client(url);
  await client.connect();
  const role = `pooled_${process.pid}`;
  await client.query(`create role ${role} login superuser password 'x'`);
  pooled.username = role;
  pooled.password = 'x';
  try {
    await client.query(`alter role ${role} set lock_timeout = '5s'`);
    const trouble = (await troubleAt(pooled.href)) ?? '';
    const commands = trouble.slice(trouble.indexOf('alter role'));
    assert.equal(
      commands,
      `alter role "${role}" set idle_in_transaction_session_timeout = '15s'; alter role "${role}" set statement_timeout = '60s';`,
    );
    await client.query(commands);
    assert.equal(await troubleAt(pooled.href), undefined);
  } finally {
    await client.query(`drop role ${role}`);
    await client.end();
  }
});
