/** What processes of one database share, by their environments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { claimShared, readShared, withGapsFilled } from '../../src/settings/join.ts';
import { listShared, setShared, valuesOf } from '../../src/settings/shared.queries.ts';
import { fingerprintOf } from '../../src/settings/shared-settings.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { migratedDatabase } from '../support/database.ts';

type Environment = Record<string, string>;

async function fleet() {
  const url = await migratedDatabase();
  const { db } = openDatabase(url);
  /** As a process that starts. */
  async function start(settings: Environment = {}) {
    const own = readConfig({ DATABASE_URL: url, ...settings });
    const found = await readShared(db, own);
    await claimShared(db, own);
    return withGapsFilled(own, found);
  }
  const shared = async () => valuesOf(await listShared(db));
  return { db, start, shared, [Symbol.asyncDispose]: () => db.destroy() };
}

const WEB = 'https://minilab.example';

test('the first process to say a setting decides, one that says nothing takes it, and defaults are not said', async () => {
  await using processes = await fleet();
  await processes.start();
  assert.deepEqual(await processes.shared(), {});

  await processes.start({ PUBLIC_URL: `${WEB}/`, HOST: '127.0.0.2', PORT: '4000', FILES_URL: ' ' });
  assert.deepEqual(await processes.shared(), { PUBLIC_URL: WEB });
  await processes.start({ HOST_CONCURRENCY: '8', PUBLIC_URL: WEB });
  const { publicUrl, filesUrl, hostConcurrency, port } = await processes.start({ PORT: '5000' });
  assert.deepEqual([publicUrl, filesUrl, hostConcurrency, port], [WEB, `${WEB}/files`, 8, 5000]);

  const [row] = await listShared(processes.db);
  assert.match(row?.set_by ?? '', /^process \d+ on \S+/);
});

test('one sentence names all that a process says otherwise, without secrets, and nothing is claimed then', async () => {
  await using processes = await fleet();
  const [secret, other] = [newSecret(), newSecret()];
  const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
  const first = {
    PUBLIC_URL: WEB,
    SECRETS_KEY: key(1),
    WEBHOOK_SECRET: secret,
    WEBHOOK_URL: 'https://shop.example/hook?token=abc',
  };
  await processes.start(first);
  const before = await processes.shared();
  assert.equal(before.SECRETS_KEY, fingerprintOf('SECRETS_KEY', Buffer.alloc(32, 1)));
  assert.doesNotMatch(
    JSON.stringify(before),
    new RegExp(`${RegExp.escape(secret)}|${RegExp.escape(key(1))}`),
  );

  const second = {
    PUBLIC_URL: 'https://other.example',
    SECRETS_KEY: key(2),
    WEBHOOK_SECRET: other,
    WEBHOOK_URL: 'https://shop.example/hook?token=xyz',
    HOST_CONCURRENCY: '9',
  };
  await assert.rejects(processes.start(second), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'bad_settings');
    for (const name of ['PUBLIC_URL', 'SECRETS_KEY', 'WEBHOOK_SECRET', 'WEBHOOK_URL'])
      assert.match(error.message, new RegExp(`${name} is .*minilab settings set ${name}\\b`), name);
    assert.match(error.message, /PUBLIC_URL is https:\/\/other\.example, but https:\/\/minilab\.example/);
    assert.doesNotMatch(error.message, /\n|token|whsec_/);
    assert.doesNotMatch(error.message, new RegExp(RegExp.escape(key(2))));
    return true;
  });
  assert.deepEqual(await processes.shared(), before);
  await processes.start({ ...first, HOST_CONCURRENCY: '9' });
});

test('a worker needs no secret of webhooks, and a server takes WEBHOOK_URL only with its secret', async () => {
  await using processes = await fleet();
  const WEBHOOK_SECRET = newSecret();
  const url = 'https://shop.example/hook';
  await processes.start({ WEBHOOK_URL: url, WEBHOOK_SECRET });
  assert.equal((await processes.start()).webhook, undefined);
  assert.deepEqual((await processes.start({ WEBHOOK_SECRET })).webhook, { url, secret: WEBHOOK_SECRET });
  await assert.rejects(processes.start({ WEBHOOK_SECRET: newSecret() }), /WEBHOOK_SECRET is one with the/);
});

test('a URL of one machine is not shared, and never keeps another process from starting', async () => {
  await using processes = await fleet();
  for (const url of ['http://127.0.0.1:3000', 'http://localhost:4000', 'http://[::1]:5000']) {
    const { publicUrl } = await processes.start({ PUBLIC_URL: url, FILES_URL: `${url}/elsewhere` });
    assert.equal(publicUrl, url);
  }
  assert.deepEqual(await processes.shared(), {});
  await processes.start({ PUBLIC_URL: WEB });
  await assert.rejects(
    processes.start({ PUBLIC_URL: 'http://localhost:4000' }),
    /PUBLIC_URL is http:\/\/local/,
  );
});

test('a bucket is shared with its endpoint: one who says another, or one where there is none, does not start', async () => {
  await using processes = await fleet();
  const S3 = {
    STORAGE_URL: 's3://pictures/shop/',
    S3_ENDPOINT: 'https://s3.example:9000',
    S3_REGION: 'auto',
  };
  await processes.start(S3);
  const { storage } = await processes.start();
  const expected = { is: 'bucket', bucket: 'pictures', prefix: 'shop/', region: 'auto', isPathStyle: true };
  assert.deepEqual(storage, { ...expected, endpoint: S3.S3_ENDPOINT });
  await processes.start({
    STORAGE_URL: 's3://pictures/shop',
    AWS_REGION: 'eu-central-1',
    FILES_REDIRECT: 'true',
  });
  for (const wrong of [
    { STORAGE_URL: 's3://pictures' },
    { STORAGE_URL: 'file:///srv/pictures' },
    { S3_ENDPOINT: 'https://s3.example' },
  ])
    await assert.rejects(processes.start(wrong), new RegExp(`^Problem: ${Object.keys(wrong)[0]} is `));

  await using atAws = await fleet();
  await atAws.start({ STORAGE_URL: 's3://pictures' });
  await assert.rejects(atAws.start({ S3_ENDPOINT: 'https://s3.example' }), /but not set for all processes/);
  await atAws.start({ S3_REGION: 'eu-west-1' });
  assert.equal((await atAws.shared()).S3_REGION, 'eu-west-1');
});

test('AWS_REGION beside STORAGE_URL says S3_REGION, and alone it says nothing', async () => {
  await using processes = await fleet();
  await processes.start({ AWS_REGION: 'us-west-2' });
  assert.deepEqual(await processes.shared(), {});
  await processes.start({ STORAGE_URL: 's3://pictures', AWS_REGION: 'eu-central-1' });
  assert.equal((await processes.shared()).S3_REGION, 'eu-central-1');
  for (const environment of [{}, { AWS_REGION: 'us-west-2' }]) {
    const { storage } = await processes.start(environment);
    assert.ok(storage.is === 'bucket' && storage.region === 'eu-central-1');
  }

  await using defaults = await fleet();
  await defaults.start({ STORAGE_URL: 's3://pictures' });
  await defaults.start({ AWS_REGION: 'us-west-2' });
  assert.equal((await defaults.shared()).S3_REGION, undefined);
});

test('of processes that start at once and say different things, one decides', async () => {
  await using processes = await fleet();
  const urls = Array.from({ length: 6 }, (_, i) => `https://minilab-${i}.example`);
  const started = await Promise.allSettled(
    urls.map((PUBLIC_URL) => processes.start({ PUBLIC_URL, FILES_URL: `${PUBLIC_URL}/f` })),
  );
  const [winner, ...more] = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  assert.deepEqual(more, []);
  const { PUBLIC_URL, FILES_URL } = await processes.shared();
  assert.deepEqual([PUBLIC_URL, FILES_URL], [winner?.publicUrl, `${winner?.publicUrl}/f`]);
});

test('a setting of a later version is left alone', async () => {
  await using processes = await fleet();
  await setShared(processes.db, { LATER: 'x' } as never, 'a later version');
  await processes.start({ PUBLIC_URL: WEB });
  assert.deepEqual(Object.keys(await processes.shared()), ['PUBLIC_URL']);
});
