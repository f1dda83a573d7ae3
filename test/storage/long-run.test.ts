/** Storages as commands use them, which go through all files for hours. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { readContent } from '../../src/storage/content.ts';
import { copyStorage } from '../../src/storage/copy.ts';
import { diskStorage } from '../../src/storage/disk.ts';
import { pathOf } from '../../src/storage/disk-paths.ts';
import { storageForLongRun } from '../../src/storage/long-run.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { StorageTrouble } from '../../src/storage/storage.ts';
import { newFolder } from '../support/folder.ts';
import { type Fault, setCredentials, startS3 } from '../support/s3.ts';

const never = new AbortController().signal;
const refusal: Fault = { is: 'answer', status: 503, code: 'SlowDown' };
const TOKEN = 'a'.repeat(32);

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${TOKEN}/${String(i).padStart(16, '0')}/full.jpg`);
}

test('a store that refuses more requests than its client repeats is waited for, and a list goes on where it was', async () => {
  setCredentials();
  await using s3 = await startS3();
  const all = keys(1_500);
  for (const key of all) s3.objects.set(`some/place/${key}`, Buffer.from(key));
  const bucket = await openStorage(s3.address);
  const told: string[] = [];
  const storage = storageForLongRun(bucket, {
    onTrouble: ({ message }) => void told.push(message),
    ending: never,
  });
  const faults: Record<string, Fault[]> = {
    LIST: [refusal, refusal, refusal],
    HEAD: [refusal, refusal, refusal],
    GET: [{ is: 'cut' }, refusal, refusal, refusal],
  };
  s3.fault = ({ operation }) => {
    const isSecondPage =
      operation === 'LIST' && s3.requests.filter((one) => one.operation === 'LIST').length > 1;
    return operation !== 'LIST' || isSecondPage ? faults[operation]?.shift() : undefined;
  };
  const listed = (await Array.fromAsync(storage.list('', never))).flat();
  assert.deepEqual(
    listed.map(({ key }) => key),
    all,
  );
  const [first = ''] = all;
  assert.equal((await storage.look(first, never))?.bytes, first.length);
  const file = await storage.open(first, never);
  assert.ok(file);
  assert.equal((await buffer(file.content)).toString(), first);
  assert.equal(told.length, 4, told.join('\n'));
  assert.deepEqual(Object.values(faults), [[], [], []]);
  await storage.close();
});

/** Content that compresses to nothing and is another at each place. */
function largeContent(bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4096) content.writeUInt32LE(at, at);
  return content;
}

test('a large file is copied without being in memory, and read on where it breaks off', async () => {
  setCredentials();
  await using folder = await newFolder();
  await using s3 = await startS3();
  const [key = ''] = keys(1);
  const content = largeContent(9 * 2 ** 20);
  s3.objects.set(`some/place/${key}`, content);
  const told: string[] = [];
  const waiting = { onTrouble: ({ message }: Error) => void told.push(message), ending: never };
  const from = storageForLongRun(await openStorage(s3.address), waiting);
  const to = storageForLongRun(await openStorage({ ...s3.address, prefix: 'other/' }), waiting);
  const faults: Record<string, Fault[]> = {
    GET: [{ is: 'cut' }, { is: 'cut' }],
    PUT: [refusal, { is: 'reset' }],
  };
  s3.fault = ({ operation }) => faults[operation]?.shift();
  const copied = await copyStorage({
    from,
    to,
    temporaryFolder: folder.path,
    signal: never,
    onFlaw: () => {},
  });
  assert.deepEqual([copied.copied, copied.bytes], [1, content.length]);
  assert.ok(s3.objects.get(`other/${key}`)?.body.equals(content));
  const gets = s3.requests.filter(({ operation }) => operation === 'GET');
  const starts = gets.map(({ headers }) => Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0));
  assert.deepEqual(
    starts,
    starts.toSorted((x, y) => x - y),
  );
  assert.equal(new Set(starts).size, 3, `it is read on, not again: ${starts.join(', ')}`);
  assert.equal(told.length, 2, 'what broke off; a large file is sent three times before anybody waits');
  assert.equal(s3.requests.filter(({ operation }) => operation === 'PUT').length, 3);
  await Promise.all([from.close(), to.close()]);
});

test('a file that is removed or replaced while it is read is not taken for whole', async () => {
  setCredentials();
  await using s3 = await startS3();
  const [removed = '', replaced = ''] = keys(2);
  for (const key of [removed, replaced]) s3.objects.set(`some/place/${key}`, largeContent(2 ** 20));
  const waiting = { onTrouble: () => {}, ending: never, patienceMs: 1_000 };
  const storage = storageForLongRun(await openStorage(s3.address), waiting);
  const cutOnce = (then: () => void): void => {
    let gets = 0;
    s3.fault = ({ operation }) => {
      if (operation !== 'GET') return undefined;
      gets += 1;
      if (gets > 1) then();
      return gets === 1 ? { is: 'cut' } : undefined;
    };
  };
  cutOnce(() => s3.objects.delete(`some/place/${removed}`));
  assert.equal(await readContent(storage, removed, never), undefined);
  cutOnce(() => s3.objects.set(`some/place/${replaced}`, Buffer.alloc(2 ** 20, 7)));
  await assert.rejects(readContent(storage, replaced, never), /a file was replaced while it was read/);
  await storage.close();
});

test('a copy ends with what fails first, and not when it has come through all files', async () => {
  await using folder = await newFolder();
  const root = join(folder.path, 'from');
  for (const key of keys(100)) {
    await mkdir(dirname(pathOf(root, key)), { recursive: true });
    await writeFile(pathOf(root, key), key);
  }
  let puts = 0;
  const to = {
    ...diskStorage(join(folder.path, 'to')),
    async put() {
      puts += 1;
      throw new StorageTrouble('no permission', { kind: 'settings' });
    },
    async *list() {},
  };
  const copying = copyStorage({
    from: diskStorage(root),
    to,
    temporaryFolder: folder.path,
    signal: never,
    onFlaw: () => {},
  });
  await assert.rejects(copying, /no permission/);
  assert.ok(puts <= 16, `${puts} files were tried`);
});

test('a folder that cannot be read is told as such', async () => {
  await using folder = await newFolder();
  const storage = diskStorage(join(folder.path, 'missing'));
  await assert.rejects(
    Array.fromAsync(storage.list('', never)),
    /missing cannot be read: it does not exist$/,
  );
  await writeFile(join(folder.path, 'missing'), 'a file');
  await assert.rejects(
    storage.look(keys(1)[0] ?? '', never),
    /missing cannot be read: a part of the path is a file$/,
  );
  await assert.rejects(storage.probe(never), /missing cannot be written: /);
});
