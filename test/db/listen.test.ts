import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migratedDatabase } from '../support/database.ts';
import { pooledUrl, startPooler } from '../support/pooler.ts';

test('behind a pooler, whose sessions change, nobody listens, and no connection is kept for it', async () => {
  const url = await migratedDatabase();
  await using pooler = await startPooler(url);
  const pooled = openDatabase(pooledUrl(url, pooler).href);
  const listening = pooled.listen('news', { onNotice: assert.fail, onStart: assert.fail });
  await listening.over;
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and application_name = 'minilab wake-ups'`.execute(
    pooled.db,
  );
  assert.deepEqual([listening.isOn(), rows.length], [false, 0]);
  await pooled.db.destroy();
});

test('whoever stops while a database does not answer does not wait for it', async () => {
  const silent = createServer((socket: Socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const database = openDatabase(`postgres://user:secret@127.0.0.1:${port}/none`);
  const connected = once(silent, 'connection');
  const listening = database.listen('news', { onNotice: assert.fail, onStart: assert.fail });
  const [socket] = (await connected) as [Socket];
  await listening.stop();
  assert.equal(listening.isOn(), false);
  socket.destroy();
  silent.close();
  await database.db.destroy();
});
