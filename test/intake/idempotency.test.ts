import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { onlyOnce } from '../../src/intake/idempotency.ts';
import { newPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const SOONER_THAN_THE_LEASE_MS = 20_000; // which is of 30 s

test('a key whose request failed because the database went away is free again when it is back', async () => {
  await using postgres = await newPostgres();
  const { db } = openDatabase(await postgres.newDatabase());
  await migrate(db);
  const send = (act: () => Promise<string>) =>
    onlyOnce(db, { tenantId: 1, key: 'night' }, { digests: async () => [], act, read: String });
  await assert.rejects(
    send(async () => {
      await postgres.stopAtOnce();
      throw new Error('cut off');
    }),
    /cut off/,
  );
  await postgres.start();
  await until(
    () =>
      send(async () => 'done').then(
        ({ answer }) => answer === 'done',
        () => false,
      ),
    SOONER_THAN_THE_LEASE_MS,
  );
  await db.destroy();
});
