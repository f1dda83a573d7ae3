/** Storages as commands use them, which go through all files for hours. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
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
