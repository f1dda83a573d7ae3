import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { KeyLease, takeKey } from '../../src/intake/idempotency.ts';
import { newPostgres } from '../support/postgres.ts';

const SOONER_THAN_THE_LEASE_MS = 20_000; // which is of 30 s

test('a key whose request failed because the database went away is free again when it is back', async () => {
  await using postgres = await newPostgres();
  const { db } = openDatabase(await postgres.newDatabase());
  await migrate(db);
  const take = async (): Promise<KeyLease | undefined> => {
    const key = await takeKey(db, 1, 'night').catch(() => undefined);
    return key instanceof KeyLease ? key : undefined;
  };
  const first = await take();
  assert.ok(first);
  await postgres.stopAtOnce();
  await first.giveBack();
  first[Symbol.dispose]();
  await postgres.start();
  const since = performance.now();
  let second = await take();
  while (!second && performance.now() - since < SOONER_THAN_THE_LEASE_MS) {
    await sleep(100);
    second = await take();
  }
  second?.[Symbol.dispose]();
  assert.ok(second, 'the key is free before its lease expires');
  await db.destroy();
});
