/** Verification while workers go on: what is in progress is neither reported nor harmed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import { sweep } from '../../src/batches/sweep.ts';
import { type Finding, verifyStorage, type VerifyOptions } from '../../src/batches/verify/verify.ts';
import type { Services } from '../../src/services.ts';
import { type Storage, StorageTrouble } from '../../src/storage/storage.ts';
import { HOUR_MS } from '../../src/units.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';
import { setCredentials, startS3 } from '../support/s3.ts';

const never = new AbortController().signal;
const urls = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `https://${from + i}.example/1.jpg`);

type Parts = {
  services: Services;
  verify(options?: Partial<VerifyOptions>, storage?: Storage): ReturnType<typeof found>;
};

/** Runs the test with files in a folder, and in a bucket. */
function withBoth(name: string, body: (parts: Parts) => Promise<void>): void {
  for (const kind of ['a folder', 'a bucket'])
    test(`${name}: ${kind}`, async () => {
      await using s3 = await startS3();
      setCredentials();
      await using services = await newServices(kind === 'a bucket' ? s3.settings : {});
      await body({ services, verify: (options, storage) => found(services, options, storage) });
    });
}

async function found(services: Services, options: Partial<VerifyOptions> = {}, storage = services.storage) {
  const findings: Finding[] = [];
  const verified = await verifyStorage(services.database.db, storage, {
    sample: 1,
    isDeep: true,
    forgets: false,
    olderThanMs: 48 * HOUR_MS,
    signal: never,
    onFinding: (finding) => findings.push(finding),
    ...options,
  });
  return { ...verified, flaws: findings.map(({ is, key }) => `${is} ${key}`) };
}

async function complete(services: Services, all: string[]) {
  const batch = await acceptUrls(services, all);
  for (const { task, image } of await claim(services, 64))
    await record(services, [{ task, result: await madeOf(services, image) }]);
  return batch;
}

/** Does something when all was listed for the second time: --forget looks first whether there is any file. */
function afterListing(storage: Storage, act: () => Promise<unknown>): Storage {
  let listings = 0;
  return {
    ...storage,
    async *list(...args) {
      const pages = await Array.fromAsync(storage.list(...args));
      listings += 1;
      if (listings === 2) await act();
      yield* pages;
    },
  };
}

withBoth(
  'files of an image that is being recorded are no orphans, and it completes',
  async ({ services, verify }) => {
    const batch = await acceptUrls(services, urls(0, 1));
    const [claimed] = await claim(services, 1);
    assert.ok(claimed);
    const result = await madeOf(services, claimed.image);
    const { flaws, young } = await verify({ forgets: true });
    assert.deepEqual([flaws, young], [[], 2]);
    await record(services, [{ task: claimed.task, result }]);
    assert.equal((await findBatch(services.database.db, batch))?.completed, 1);
  },
);

withBoth('what is stored and recorded after the listing is not missing', async ({ services, verify }) => {
  await complete(services, urls(0, 3));
  const storage = afterListing(services.storage, () => complete(services, urls(3, 6)));
  const { flaws, files } = await verify({ forgets: true }, storage);
  assert.deepEqual(flaws, []);
  assert.equal(files, 12);
});

withBoth(
  'what is deleted after the listing is no orphan of this moment, and nothing is missing',
  async ({ services, verify }) => {
    const { db } = services.database;
    const batch = await complete(services, urls(0, 3));
    await complete(services, urls(3, 5));
    const storage = afterListing(services.storage, async () => {
      await deleteBatch(db, batch);
      await purgeFiles(db, services.storage, never);
    });
    const { flaws, young } = await verify({ forgets: true }, storage);
    assert.deepEqual([flaws, young], [[], 6]);
  },
);

withBoth('files that are being purged are no orphans', async ({ services, verify }) => {
  const { db } = services.database;
  await deleteBatch(db, await complete(services, urls(0, 3)));
  const away: Storage = {
    ...services.storage,
    async remove() {
      throw new StorageTrouble('the storage is away');
    },
  };
  await assert.rejects(purgeFiles(db, away, never), StorageTrouble);
  await complete(services, urls(3, 4));
  await sql`delete from rendition_sets`.execute(db);
  const { flaws } = await verify({ olderThanMs: 0 });
  assert.deepEqual(flaws.length, 2, flaws.join());
  assert.ok(flaws.every((flaw) => flaw.startsWith('orphan ')));
});

withBoth(
  'an image that is being recorded with files that are forgotten is made again, and loses no try',
  async ({ services, verify }) => {
    const { db } = services.database;
    await complete(services, urls(0, 1));
    const second = await acceptUrls(services, urls(0, 1));
    const [claimed] = await claim(services, 1);
    assert.ok(claimed);
    const result = await madeOf(services, claimed.image);
    assert.ok(result.is === 'completed' && result.made.is === 'made');
    const [damaged] = result.made.renditions;
    await services.storage.remove([damaged?.key ?? ''], never);
    const { flaws, forgottenSets, batchIds } = await verify({ forgets: true });
    assert.deepEqual([flaws, forgottenSets, batchIds.size], [[`missing ${damaged?.key}`], 1, 1]);
    await record(services, [{ task: claimed.task, result }]);
    assert.equal((await findBatch(db, second))?.completed, 0);
    await purgeFiles(db, services.storage, never);

    await sql`update images set due_at = now() where state = 'pending'`.execute(db);
    await sweep(db, services.feed);
    const [again] = await claim(services, 1);
    assert.equal(again?.image.tries, 0);
    assert.ok(again);
    await record(services, [{ task: again.task, result: await madeOf(services, again.image) }]);
    assert.equal((await findBatch(db, second))?.state, 'completed');
    assert.deepEqual((await verify()).flaws, []);
  },
);

withBoth('sets of several pages, of several tenants, in any collation', async ({ services, verify }) => {
  const { db } = services.database;
  await complete(services, urls(0, 2));
  // Pairs that some collations sort in another order than bytes: "ch" (Czech), "aa" (Danish), digits.
  await sql`
    insert into tenants (tenant_id, token, name) values (7, ${'0'.repeat(32)}, 'other')`.execute(db);
  await sql`
    insert into rendition_sets (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes)
    select 7, x || lpad(to_hex(n), 14, '0'), '', 'jpeg', 1, 1, 1
    from unnest(array['aa', 'ab', 'ch', 'ci', '9v', 'v0']) x, generate_series(1, 100) n`.execute(db);
  await sql`
    insert into renditions (tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, sha256)
    select tenant_id, hash16, 'full', 1, 'jpeg', 'jpg', 1, 1, 1, '' from rendition_sets where tenant_id = 7`.execute(
    db,
  );
  const { files, found: counts } = await verify();
  assert.deepEqual([files, counts.missing, counts.orphan], [604, 600, 0]);
});

test('a file on a broken sector is damaged, and the others are compared', async () => {
  await using services = await newServices();
  await complete(services, urls(0, 3));
  let opened = 0;
  const open: Storage['open'] = async (key, signal) => {
    const file = await services.storage.open(key, signal);
    opened += 1;
    if (opened === 2)
      file?.content.destroy(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }));
    return file;
  };
  const { flaws, compared } = await found(services, {}, { ...services.storage, open });
  assert.equal(flaws.length, 1);
  assert.match(flaws[0] ?? '', /^sha256 /);
  assert.deepEqual([opened, compared], [6, 5]);
});
