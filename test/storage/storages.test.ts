import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { diskStorage } from '../../src/storage/disk.ts';
import { diskTrouble } from '../../src/storage/disk-paths.ts';
import { hardLink, plainFolder } from '../../src/storage/disk-probe.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { newFolder } from '../support/folder.ts';
import { setCredentials, startS3 } from '../support/s3.ts';
import { keepsTheContract } from './contract.ts';

keepsTheContract('a folder', async () => {
  const folder = await newFolder();
  return {
    storage: diskStorage(`${folder.path}/files`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

test('where the file system has no hard links, the folder is refused in a sentence', async () => {
  await using folder = await newFolder();
  const inner = join(folder.path, 'inner');
  await mkdir(inner);
  const refused = await hardLink(inner, `${inner}-2`).catch((error: unknown) => error); // no folder can be linked
  assert.equal(
    diskTrouble('/files', 'written', refused).message,
    '/files cannot be written: its file system has no hard links, which storage needs',
  );
});

test('a probe of a folder leaves nothing in it', async () => {
  await using folder = await newFolder();
  const never = new AbortController().signal;
  await diskStorage(folder.path).probe(never);
  await plainFolder(folder.path).probe(never);
  assert.deepEqual(await readdir(folder.path), []);
});

const { S3_TEST_URL: realBucket } = process.env;

// All buckets of a process have the same credentials: those of the environment, as for `minilab serve`, or of tests.
if (realBucket === undefined) {
  keepsTheContract('a bucket', async () => {
    setCredentials();
    const s3 = await startS3();
    return { storage: await openStorage(s3.address), [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose]() };
  });
  test('a real bucket', { skip: 'S3_TEST_URL names none' }, () => {});
} else
  keepsTheContract('a real bucket', async () => {
    const { storage } = readConfig({ ...process.env, STORAGE_URL: realBucket });
    return { storage: await openStorage(storage), async [Symbol.asyncDispose]() {} };
  });
