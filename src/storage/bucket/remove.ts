import { DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import type { StorageKey } from '../keys.ts';
import { REMOVE_WITHIN_MS, StorageTrouble } from '../storage.ts';
import { objectOf } from './call.ts';
import type { Bucket } from './client.ts';
import { statusOf, troubleOf } from './trouble.ts';

const KEYS_A_REQUEST = 1_000; // the most that S3 takes
const SINGLE_AT_ONCE = 16;

/** Removes objects. @param signal of the caller: the removal ends with it, and after REMOVE_WITHIN_MS in any case */
export async function removeObjects(
  bucket: Bucket,
  keys: readonly StorageKey[],
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(REMOVE_WITHIN_MS)]);
  for (let at = 0; at < keys.length; at += KEYS_A_REQUEST) {
    // A process that was frozen knows by its clock before its timers run.
    if (performance.now() - startedAt > REMOVE_WITHIN_MS) throw tooSlow(bucket);
    await removeSome(bucket, keys.slice(at, at + KEYS_A_REQUEST), deadline).catch((error: unknown) => {
      throw deadline.aborted && !signal.aborted ? tooSlow(bucket) : error;
    });
  }
}

async function removeSome(bucket: Bucket, keys: StorageKey[], signal: AbortSignal): Promise<void> {
  const { Bucket } = objectOf(bucket, '');
  const Objects = keys.map((key) => ({ Key: objectOf(bucket, key).Key }));
  const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
  try {
    const { Errors: errors = [] } = await bucket.client.send(command, { abortSignal: signal });
    const failed = errors.find(({ Code: code }) => code !== 'NoSuchKey');
    if (failed) throw failedOne(bucket, failed);
  } catch (error) {
    if (statusOf(error) !== 501) throw error;
    await removeSingly(bucket, keys, signal);
  }
}

/** For stores without DeleteObjects. */
async function removeSingly(bucket: Bucket, keys: StorageKey[], signal: AbortSignal): Promise<void> {
  const left = [...keys];
  const removeNext = async (): Promise<void> => {
    for (let key = left.pop(); key !== undefined; key = left.pop()) {
      const command = new DeleteObjectCommand(objectOf(bucket, key));
      await bucket.client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: SINGLE_AT_ONCE }, removeNext));
}

function failedOne(bucket: Bucket, { Code = '', Message = '', Key = '' }): StorageTrouble {
  const error = Object.assign(new Error(`${Key}: ${Message}`), { name: Code });
  return troubleOf(bucket, error);
}

function tooSlow({ name }: Bucket): StorageTrouble {
  return new StorageTrouble(`${name}: it takes too long to remove files`);
}
