import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { diskStorage } from '../../src/storage/disk.ts';
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
