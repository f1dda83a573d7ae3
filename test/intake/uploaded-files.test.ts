/** Pictures that came with a table, in storage: from the upload that brings them to the end of its batch. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findStanding } from '../../src/access/quotas.ts';
import { createTenant } from '../../src/access/tenants.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { sweepStorage } from '../../src/batches/orphans.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import { type Finding, verifyStorage } from '../../src/batches/verify/verify.ts';
import { Problem } from '../../src/errors.ts';
import { acceptUpload } from '../../src/intake/accept.ts';
import { previewUpload } from '../../src/intake/preview.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import { withPicturesStored } from '../../src/intake/store-pictures.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import type { Services } from '../../src/services.ts';
import { claim, newServices } from '../support/batches.ts';
import { pathIn } from '../support/storage.ts';
import { buildZip } from '../support/zip-builder.ts';

const never = new AbortController().signal;
const [preset] = BUILTIN_PRESETS;

const ARCHIVE = buildZip([
  { name: 'p.csv', content: 'SKU,Image URLs\nA,a.jpg\nB,"b.jpg,a.jpg"\nC,c.jpg\n' },
  { name: 'a.jpg', content: 'the picture a' },
  { name: 'b.jpg', content: 'b' },
  { name: 'c.jpg', content: 'the picture a' },
]);

async function acceptArchive({ config, database, storage, feed }: Services, tenantId = 1): Promise<BatchKey> {
  assert.ok(preset);
  await using staged = await stageUpload(Readable.from([ARCHIVE]), {
    ...{ tenantId, folder: config.dataDir, maxBytes: 1e9, allowPaths: false, presets: [] },
  });
  const acceptance = { tenantId, name: 'test', preset };
  const { batch_id: batchId } = await withPicturesStored(
    { db: database.db, storage },
    { tenantId, ...staged },
    () => acceptUpload(database, staged, acceptance, feed),
  );
  return { tenantId, batchId };
}

async function keysIn({ storage }: Services): Promise<string[]> {
  return (await Array.fromAsync(storage.list('', never))).flat().map(({ key }) => key);
}

async function end({ database, feed }: Services, batch: BatchKey): Promise<void> {
  await cancelBatch(database.patient, batch, feed);
}

const bytesOf = async ({ database }: Services, tenantId = 1) =>
  (await findStanding(database.db, tenantId))?.storedBytes;

test('each content is stored once for a batch, where its images find it, and goes with its batch alone', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const first = await acceptArchive(services);
  const [claimed] = await claim(services, 10);
  const second = await acceptArchive(services);
  const keys = await keysIn(services);
  assert.equal(keys.length, 4);
  assert.ok(keys.includes(claimed?.image.storedAt ?? ''), 'the key follows from batch and content');
  assert.equal(await bytesOf(services), 2 * 14);

  const found = await sweepStorage(db, services.storage, { olderThanMs: 0, clears: true, signal: never });
  assert.deepEqual([found.sets, found.orphans], [4, 0], 'no orphans');

  await end(services, first);
  await deleteBatch(services.database.patient, first);
  assert.equal(await bytesOf(services), 14);
  assert.deepEqual(await purgeFiles(db, services.storage, never), { sets: 2, files: 2 });
  const left = await keysIn(services);
  assert.equal(left.length, 2);

  await end(services, second);
  await deleteBatch(services.database.patient, second);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual([await keysIn(services), await bytesOf(services)], [[], 0]);
});

test('a hash names nobody’s file: no cell of any table can, and each tenant has its own copy', async () => {
  await using services = await newServices();
  const { tenant_id: other } = await createTenant(services.database.db, 'other');
  await acceptArchive(services);
  await acceptArchive(services, other);
  assert.equal(new Set((await keysIn(services)).map((key) => key.slice(0, 32))).size, 2);
  const claimed = (await claim(services, 20)).map(({ image }) => image);
  for (const { storedAt = '', tenantToken } of claimed) assert.ok(storedAt.startsWith(`${tenantToken}/`));

  const cells = [claimed[0]?.url ?? '', ` ${claimed[0]?.url.toUpperCase()}`, `upload://${'0'.repeat(64)}`];
  const csv = Buffer.from(`SKU,Image URLs\n${cells.map((cell) => `A,${cell}\n`).join('')}`);
  for (const table of [csv, buildZip([{ name: 'p.csv', content: csv }])])
    for (const allowPaths of [false, true]) {
      const rules = {
        maxBytes: 1e9,
        folder: services.config.dataDir,
        allowPaths,
        presets: new Set<string>(),
      };
      const { preview } = await previewUpload(Readable.from([table]), rules);
      assert.deepEqual(
        preview.errors.map(({ code }) => code),
        ['invalid_url', 'invalid_url', 'invalid_url'],
      );
    }
});

test('what the previous version deletes with its batch is found as an orphan', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const { batchId } = await acceptArchive(services);
  await sql`delete from batches where batch_id = ${batchId}`.execute(db);
  const found = await sweepStorage(db, services.storage, { olderThanMs: 0, clears: true, signal: never });
  assert.deepEqual([found.orphans, found.files], [2, 2]);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual(await keysIn(services), []);
});

test('an upload that is refused in the end leaves no files', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const { tenant_id: tenantId } = await createTenant(db, 'small');
  await sql`update tenants set max_stored_bytes = 14 where tenant_id = ${tenantId}`.execute(db);
  await assert.rejects(acceptArchive(services, tenantId), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'quota_insufficient');
    return true;
  });
  assert.equal((await keysIn(services)).length, 2);
  await purgeFiles(db, services.storage, never);
  assert.deepEqual([await keysIn(services), await bytesOf(services, tenantId)], [[], 0]);
});

test('a verification knows them: whole ones are no orphans, a damaged one is told, and not forgotten', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await acceptArchive(services);
  const verified = async (): Promise<string[]> => {
    const findings: Finding[] = [];
    const options = { sample: 1, isDeep: true, forgets: true, olderThanMs: 0, signal: never };
    const { files, forgottenSets } = await verifyStorage(db, services.storage, {
      ...options,
      onFinding: (finding) => findings.push(finding),
    });
    assert.deepEqual([files, forgottenSets], [2, 0]);
    return findings.map(({ is }) => is);
  };
  assert.deepEqual(await verified(), []);
  const [key = ''] = await keysIn(services);
  await writeFile(pathIn(services.config, key), 'something else');
  assert.deepEqual(await verified(), ['size']);
});
