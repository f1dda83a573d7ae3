/** What a bucket does beyond the contract of all storages: the strict test server judges it. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { examineBucket } from '../../src/storage/bucket/examine.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { type Keeping, type Storage, StorageTrouble, type TroubleKind } from '../../src/storage/storage.ts';
import { newFolder } from '../support/folder.ts';
import { type Fault, type S3, type S3Options, setCredentials, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';
import { newKey } from './contract.ts';

const never = new AbortController().signal;

before(setCredentials);

type Place = AsyncDisposable & {
  s3: S3;
  storage: Storage;
  keeping(content: string): Promise<Keeping>;
  /** faults for the next requests of an operation, in this order */
  fail(operation: string, ...faults: Fault[]): void;
};

async function place(options: S3Options = {}): Promise<Place> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const s3 = stack.use(await startS3(options));
  const storage = await openStorage(s3.address);
  stack.defer(() => storage.close());
  return {
    s3,
    storage,
    async keeping(content) {
      const path = join(folder.path, randomBytes(8).toString('hex'));
      await writeFile(path, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { path, bytes: content.length, sha256, contentType: 'image/webp' };
    },
    fail(operation, ...faults) {
      s3.fault = (request) => (request.operation === operation ? faults.shift() : undefined);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const answer = (status: number, code: string): Fault => ({ is: 'answer', status, code });
const operationsOf = ({ requests }: S3): string[] => requests.map(({ operation }) => operation);

/** The kind and the sentence of the trouble that work ends in. */
async function troubleOf(work: Promise<unknown>): Promise<[TroubleKind, string]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StorageTrouble, String(error));
  return [error.kind, error.message];
}

test('an object has its type, caching and both checksums, and the key has the prefix', async () => {
  await using at = await place();
  const key = newKey();
  const file = await at.keeping('a picture');
  await at.storage.put(key, file, never);
  assert.deepEqual(at.s3.objects.get(`some/place/${key}`)?.headers, {
    'content-type': 'image/webp',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-amz-checksum-sha256': Buffer.from(file.sha256, 'hex').toString('base64'),
    'x-amz-meta-sha256': file.sha256,
  });
  const [put] = at.s3.requests;
  assert.equal(put?.headers['x-amz-content-sha256'], file.sha256);
  assert.equal(put?.headers['x-amz-sdk-checksum-algorithm'], undefined);
  assert.deepEqual(operationsOf(at.s3), ['PUT']);
});

test('the content of an object that is there is told by its metadata, else by its checksum, else by reading it', async () => {
  await using at = await place();
  const sha256 = createHash('sha256').update('first').digest();
  for (const [headers, reads] of [
    [{ 'x-amz-meta-sha256': sha256.toString('hex') }, 0],
    [{ 'x-amz-checksum-sha256': sha256.toString('base64') }, 0],
    [{ 'x-amz-checksum-sha256': `${sha256.toString('base64')}-2` }, 1],
    [{}, 1],
  ] as const) {
    const key = newKey();
    at.s3.objects.set(`some/place/${key}`, Buffer.from('first'), headers);
    at.s3.requests.length = 0;
    const content = await at.storage.put(key, await at.keeping('second'), never);
    assert.deepEqual(content, { bytes: 5, sha256: sha256.toString('hex') });
    assert.equal(operationsOf(at.s3).filter((operation) => operation === 'GET').length, reads);
  }
});

test('two that store a key at the same time may be told to try again, and an object that was removed meanwhile is stored anew', async () => {
  await using at = await place();
  at.fail('PUT', answer(409, 'ConditionalRequestConflict'), answer(412, 'PreconditionFailed'));
  const file = await at.keeping('a picture');
  const key = newKey();
  assert.equal((await at.storage.put(key, file, never)).sha256, file.sha256);
  assert.deepEqual(operationsOf(at.s3), ['PUT', 'PUT', 'HEAD', 'PUT']);
  assert.deepEqual(at.s3.objects.fileKeys, [`some/place/${key}`]);
});

test('a file that arrives damaged is sent again, three times in all', async () => {
  await using at = await place();
  const damaged = answer(400, 'BadDigest');
  at.fail('PUT', damaged, damaged);
  await at.storage.put(newKey(), await at.keeping('a picture'), never);
  assert.equal(operationsOf(at.s3).length, 3);
  const file = { ...(await at.keeping('a picture')), sha256: '0'.repeat(64) };
  const [kind] = await troubleOf(at.storage.put(newKey(), file, never));
  assert.equal(kind, 'damaged');
  assert.equal(operationsOf(at.s3).length, 6);
  assert.ok(existsSync(file.path));
});

test('a passing fault is overcome without the caller: refusals, resets, and an answer that was lost', async () => {
  await using at = await place();
  for (const fault of [
    answer(503, 'SlowDown'),
    answer(500, 'InternalError'),
    { is: 'reset' },
    { is: 'cut' },
  ] as const) {
    at.fail('PUT', fault);
    const file = await at.keeping(`a picture ${fault.is}`);
    assert.equal((await at.storage.put(newKey(), file, never)).sha256, file.sha256);
  }
});

test('what is wrong is told in a sentence that names what to change', async () => {
  await using at = await place();
  const table: [Fault, TroubleKind, RegExp][] = [
    [answer(503, 'SlowDown'), 'weather', /answers 503 \(SlowDown/],
    [answer(500, 'InternalError'), 'weather', /answers 500/],
    [answer(429, 'TooManyRequests'), 'weather', /answers 429/],
    [{ is: 'reset' }, 'weather', /cannot be reached \(ECONNRESET/],
    [answer(403, 'AccessDenied'), 'settings', /s3:PutObject, s3:GetObject/],
    [answer(403, 'InvalidAccessKeyId'), 'settings', /AWS_ACCESS_KEY_ID/],
    [answer(403, 'SignatureDoesNotMatch'), 'settings', /AWS_SECRET_ACCESS_KEY/],
    [answer(400, 'ExpiredToken'), 'settings', /expired/],
    [answer(404, 'NoSuchBucket'), 'settings', /no bucket pictures: check STORAGE_URL/],
    [answer(501, 'NotImplemented'), 'settings', /does not know an operation/],
    [answer(507, 'InsufficientStorage'), 'full', /full/],
    [answer(400, 'XMinioStorageFull'), 'full', /full/],
    [
      {
        is: 'answer',
        status: 301,
        code: 'PermanentRedirect',
        headers: { 'x-amz-bucket-region': 'eu-west-1' },
      },
      'settings',
      /set S3_REGION=eu-west-1/,
    ],
  ];
  for (const [fault, kind, sentence] of table) {
    at.s3.fault = () => fault;
    const [told, message] = await troubleOf(at.storage.put(newKey(), await at.keeping('x'), never));
    assert.equal(told, kind, message);
    assert.match(message, sentence);
    assert.match(message, /^s3:\/\/pictures\/some\/place at http/);
  }
});

test('an answer without a body tells as much: those to HEAD', async () => {
  await using at = await place();
  at.s3.fault = () => ({
    ...answer(301, 'PermanentRedirect'),
    headers: { 'x-amz-bucket-region': 'eu-west-1' },
  });
  assert.match((await troubleOf(at.storage.look(newKey(), never)))[1], /set S3_REGION=eu-west-1/);
  at.s3.fault = () => answer(403, 'AccessDenied');
  assert.equal((await troubleOf(at.storage.look(newKey(), never)))[0], 'settings');
});

test('a file that is cut short is trouble for its reader, and one that nobody reads any more is cancelled', async () => {
  await using at = await place();
  const key = newKey();
  const path = `some/place/${key}`;
  at.s3.objects.set(path, randomBytes(5_000_000));
  at.fail('GET', { is: 'cut' });
  const cut = await at.storage.open(key, never);
  assert.equal((await troubleOf(buffer(cut?.content ?? Readable.from([]))))[0], 'weather');
  at.fail('GET', { is: 'stall_in_body' });
  const stalled = await at.storage.open(key, never);
  for await (const _ of stalled?.content ?? []) break;
  await until(() => at.s3.open() === 0);
});

test('a store that asks for less is sent fewer files at a time, those in its hands included', async () => {
  await using at = await place();
  const seen = new Set<string>();
  const inHand: number[] = []; // when a file after the first sixteen arrives
  at.s3.fault = ({ key }) => {
    const isNew = !seen.has(key);
    seen.add(key);
    if (isNew && seen.size <= 16) return answer(503, 'SlowDown');
    if (isNew) inHand.push(at.s3.open());
    return { is: 'slow', ms: 150 };
  };
  const files = await Promise.all(Array.from({ length: 60 }, (_, i) => at.keeping(`picture ${i}`)));
  await Promise.all(files.map((file) => at.storage.put(newKey(), file, never)));
  assert.equal(at.s3.objects.fileKeys.length, 60);
  assert.ok(Math.max(...inHand) <= 12, String(inHand));
});

test('a store that overwrites although it is told not to is refused by the first probe', async () => {
  await using at = await place({ ignoresConditions: true });
  const [kind, message] = await troubleOf(at.storage.probe(never));
  assert.equal(kind, 'settings');
  assert.match(message, /ignores If-None-Match/);
  assert.deepEqual(at.s3.objects.keys, []);
});

test('without the permission to list, a missing file looks forbidden: the first probe says so', async () => {
  await using at = await place({ forbidsListing: true });
  assert.match((await troubleOf(at.storage.probe(never)))[1], /s3:ListBucket/);
});

test('later probes store one small object, always the same', async () => {
  await using at = await place();
  await at.storage.probe(never);
  at.s3.requests.length = 0;
  for (let i = 0; i < 3; i += 1) await at.storage.probe(never);
  assert.deepEqual(operationsOf(at.s3), ['PUT', 'PUT', 'PUT']);
  assert.equal(at.s3.objects.keys.length, 1);
});

test('a store without DeleteObjects is asked to remove one by one, and its refusals are told', async () => {
  await using at = await place({ lacks: ['DELETE_MANY'] });
  const keys = Array.from({ length: 40 }, newKey);
  for (const key of keys) at.s3.objects.set(`some/place/${key}`, Buffer.from('x'));
  await at.storage.remove([...keys, newKey()], never);
  assert.deepEqual(at.s3.objects.keys, []);
});

test('keys that DeleteObjects could not remove are told, although it answers 200', async () => {
  await using at = await place();
  at.s3.objects.refuseToDelete = 'AccessDenied';
  const [kind, message] = await troubleOf(at.storage.remove([newKey()], never));
  assert.equal(kind, 'settings');
  assert.match(message, /s3:DeleteObject/);
});

test('a clock that is wrong is corrected by that of the store', async () => {
  await using at = await place({ clockMs: 3 * 3_600_000 });
  await at.storage.put(newKey(), await at.keeping('a picture'), never);
  assert.equal(at.s3.objects.fileKeys.length, 1);
});

test('others that share the bucket are left alone, and a presigned URL shows a file to anybody', async () => {
  await using at = await place();
  for (const key of ['other/x', 'some/place/README.txt', `some/place/${'a'.repeat(32)}/x/y.jpg`])
    at.s3.objects.set(key, Buffer.from('x'));
  assert.deepEqual(await Array.fromAsync(at.storage.list('', never)), []);
  const key = newKey();
  await at.storage.put(key, await at.keeping('a picture'), never);
  const { url, lastsS } = (await at.storage.urlOf?.(key, 'image/jpeg')) ?? { url: '' };
  assert.equal(lastsS, 3_600);
  const shown = await fetch(url);
  assert.equal(await shown.text(), 'a picture');
  assert.equal(shown.headers.get('content-type'), 'image/jpeg');
  assert.match(shown.headers.get('cache-control') ?? '', /immutable/);
  assert.equal((await fetch(url.replace(key, newKey()))).status, 403);
  assert.equal((await fetch(url.replace('image%2Fjpeg', 'text%2Fhtml'))).status, 403);
});

test('a presigned URL lasts no longer than the credentials that sign it', async (t) => {
  process.env['AWS_CREDENTIAL_EXPIRATION'] = new Date(Date.now() + 20 * 60_000).toISOString();
  t.after(() => delete process.env['AWS_CREDENTIAL_EXPIRATION']);
  await using at = await place();
  const { url, lastsS } = (await at.storage.urlOf?.(newKey(), 'image/jpeg')) ?? { url: '', lastsS: 0 };
  assert.ok(lastsS > 15 * 60 && lastsS <= 20 * 60, `${lastsS} s`);
  assert.equal(new URL(url).searchParams.get('X-Amz-Expires'), String(lastsS));
});

test('doctor is told what is fine, and what is wrong and what to do', async () => {
  const table: [S3Options, Record<string, string>, RegExp][] = [
    [{}, {}, /^s3:\/\/pictures\/some\/place at http.* can be written, read and listed/],
    [{}, { bucket: 'another' }, /no bucket another: check STORAGE_URL/],
    [
      { region: 'eu-west-1' },
      { region: 'us-east-1' },
      /another region than us-east-1: set S3_REGION=eu-west-1/,
    ],
    [{ clockMs: 3_600_000 }, {}, /clock of this machine is 60 minutes behind/],
    [{ forbidsListing: true }, {}, /allow s3:ListBucket/],
    [{ ignoresConditions: true }, {}, /ignores If-None-Match/],
  ];
  for (const [options, changes, sentence] of table) {
    await using s3 = await startS3(options);
    const told = await examineBucket({ ...s3.address, ...changes }, never).catch(
      (error: Error) => error.message,
    );
    assert.match(told, sentence);
  }
});

test('the test server is strict: wrong secrets, damaged bodies and missing signatures are refused', async () => {
  await using at = await place();
  assert.equal((await fetch(`${at.s3.url}/pictures/x`)).status, 403);
  assert.equal((await fetch(`${at.s3.url}/pictures/x`, { method: 'PUT', body: 'x' })).status, 403);
  const secret = process.env['AWS_SECRET_ACCESS_KEY'];
  process.env['AWS_SECRET_ACCESS_KEY'] = 'another';
  const stranger = await openStorage(at.s3.address);
  assert.match((await troubleOf(stranger.probe(never)))[1], /AWS_SECRET_ACCESS_KEY/);
  process.env['AWS_SECRET_ACCESS_KEY'] = secret;
  await stranger.close();
});
