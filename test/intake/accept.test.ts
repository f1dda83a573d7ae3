import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Problem } from '../../src/errors.ts';
import { acceptUpload } from '../../src/intake/accept.ts';
import { KeyLease, takeKey } from '../../src/intake/idempotency.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import { newServices } from '../support/batches.ts';

test('a batch and the answer of its key are stored together, or neither is', async () => {
  await using services = await newServices();
  const { config, database, feed } = services;
  const { db } = database;
  const [preset] = BUILTIN_PRESETS;
  assert.ok(preset);
  const batches = async (): Promise<number> => {
    const { rows } = await sql<{ count: number }>`select count(*)::integer as count from batches`.execute(db);
    return rows[0]?.count ?? 0;
  };
  const accept = async (lease: KeyLease): Promise<string> => {
    const csv = Readable.from([Buffer.from('SKU,Image\n1,https://shop.example/1.jpg\n')]);
    const rules = {
      tenantId: 1,
      folder: config.dataDir,
      maxBytes: 1e9,
      allowPaths: false,
      presets: [preset],
    };
    await using staged = await stageUpload(csv, rules);
    const keyed = {
      lease,
      requestSha256: staged.sha256,
      answerOf: (row: { batch_id: string }) => ({ id: row.batch_id }),
    };
    const row = await acceptUpload(database, staged, { tenantId: 1, name: 'a', preset }, feed, keyed);
    return row.batch_id;
  };

  using slow = (await takeKey(db, 1, 'k')) as KeyLease;
  assert.ok(slow instanceof KeyLease);
  await sql`update idempotency_keys set leased_until = now() - interval '1 second'`.execute(db);
  using second = (await takeKey(db, 1, 'k')) as KeyLease;
  assert.ok(second instanceof KeyLease, 'a lease that has expired is taken over');
  const isInUse = (error: unknown): boolean =>
    error instanceof Problem && error.code === 'idempotency_key_in_use';
  await assert.rejects(takeKey(db, 1, 'k'), isInUse);
  await assert.rejects(accept(slow), isInUse);
  assert.equal(await batches(), 0);

  await slow.giveBack(); // it holds nothing any more, so nothing is freed
  await assert.rejects(takeKey(db, 1, 'k'), isInUse);
  const id = await accept(second);
  await second.giveBack(); // an answered key stays
  const stored = await takeKey(db, 1, 'k');
  assert.ok(stored?.is === 'answered');
  assert.deepEqual(stored.answer, { id });
  assert.equal(await batches(), 1);
});
