import type { BucketAddress } from '../address.ts';
import type { Storage } from '../storage.ts';
import { call } from './call.ts';
import { connectBucket } from './client.ts';
import { listObjects } from './list.ts';
import { Pace, showPuts } from './pace.ts';
import { examine, storeProbe } from './probe.ts';
import { putObject } from './put.ts';
import { lookAt, openObject, sha256Of } from './read.ts';
import { removeObjects } from './remove.ts';
import { signedUrl } from './signed-url.ts';

/** Storage in a bucket of an S3-compatible store. */
export function bucketStorage(address: BucketAddress): Storage {
  const bucket = connectBucket(address);
  const pace = new Pace();
  showPuts(bucket.client, pace);
  let isExamined = false;
  return {
    name: bucket.name,
    wantsSynced: false,
    put: (key, file, signal) =>
      pace.inTurn(() => call(bucket, signal, () => putObject(bucket, key, file, signal))),
    sizesOf: (keys, signal) =>
      call(bucket, signal, () =>
        Promise.all(keys.map(async (key) => (await lookAt(bucket, key, signal))?.bytes)),
      ),
    look: (key, signal) => call(bucket, signal, () => lookAt(bucket, key, signal)),
    sha256Of: (key, signal) => call(bucket, signal, () => sha256Of(bucket, key, signal)),
    open: (key, signal, range) => call(bucket, signal, () => openObject(bucket, key, signal, range)),
    urlOf: (key, contentType) =>
      call(bucket, new AbortController().signal, () => signedUrl(bucket, key, contentType)),
    remove: (keys, signal) => call(bucket, signal, () => removeObjects(bucket, keys, signal)),
    list: (prefix, signal, after = '') => listObjects(bucket, { prefix, after, signal }),
    probe: (signal) =>
      call(bucket, signal, async () => {
        if (!isExamined) await examine(bucket, signal);
        isExamined = true;
        await storeProbe(bucket, signal);
      }),
    async close() {
      bucket.client.destroy();
    },
  };
}
