import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { Client } from 'pg';
import { openDatabase } from '../../src/db/database.ts';
import { limitsTrouble } from '../../src/db/session-limits.ts';
import { newDatabase } from '../support/database.ts';

const KEY_DATA = Buffer.from('K\0\0\0\x0c', 'latin1'); // BackendKeyData: then the process id, and a secret

/** What a client sees of PgBouncer: the process id that it was told is not that of its session. */
async function startPooler(port: number): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far);
    far.on('data', (data: Buffer) => {
      const at = data.indexOf(KEY_DATA);
      if (at >= 0) data.writeUInt32BE(1, at + KEY_DATA.length);
      near.write(data);
    });
    far.on('close', () => near.destroy());
    for (const socket of [near, far]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function troubleAt(url: string): Promise<string | undefined> {
  const { pool } = openDatabase(url);
  return limitsTrouble(pool).finally(() => pool.end());
}

test('limits of a session are enough without a pooler; behind one they must belong to the role', async () => {
  const url = await newDatabase();
  assert.equal(await troubleAt(url), undefined);
  const pooled = new URL(url);
  await using pooler = await startPooler(Number(pooled.port));
  pooled.port = String(pooler.port);
  pooled.search = '';
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
