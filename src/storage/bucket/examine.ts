import type { BucketAddress } from '../address.ts';
import { StorageTrouble } from '../storage.ts';
import { call } from './call.ts';
import { connectBucket } from './client.ts';
import { listObjects } from './list.ts';
import { examine } from './probe.ts';

const MOST_CLOCK_MS = 5 * 60_000; // the SDK corrects itself by the store's time, but others do not

/**
 * Tries all that Minilab does with a bucket, for `minilab doctor`.
 * @returns a sentence @throws StorageTrouble, with what is wrong and what to do
 */
export async function examineBucket(address: BucketAddress, signal: AbortSignal): Promise<string> {
  const bucket = connectBucket(address);
  try {
    await call(bucket, signal, () => examine(bucket, signal));
    for await (const _ of listObjects(bucket, { prefix: '', after: '', signal })) break;
    const offset = bucket.client.config.systemClockOffset ?? 0;
    if (Math.abs(offset) > MOST_CLOCK_MS)
      throw new StorageTrouble(
        `${bucket.name}: the clock of this machine is ${Math.round(Math.abs(offset) / 60_000)} minutes ${offset > 0 ? 'behind' : 'ahead of'} that of the store: set it, by NTP`,
        { kind: 'clock' },
      );
    return `${bucket.name} can be written, read and listed, and overwrites nothing`;
  } finally {
    bucket.client.destroy();
  }
}
