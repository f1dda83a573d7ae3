/** A machine that alone cannot reach the store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenBackBy, newBucketPlace } from '../support/bucket-place.ts';
import { startMinilab, untilEnded } from '../support/minilab.ts';
import type { S3Request } from '../support/s3.ts';
import { until } from '../support/until.ts';

const IMAGES = 120;
const ENDS_WITHIN_MS = 150_000; // images wait for a store for 300 s, where it is away for all

/** The SDK names it in its User-Agent. */
function isOf(name: string, { headers }: S3Request): boolean {
  return headers['user-agent']?.includes(` app/${name}`) ?? false;
}

test('a worker that alone is cut off from the store gives its images back, so that others make them', async () => {
  await using place = await newBucketPlace();
  const { s3 } = place;
  await using api = await startMinilab('serve --no-worker', place.settings);
  await using lone = await startMinilab('worker', { ...place.settings, AWS_SDK_UA_APP_ID: 'lone' });
  const batch = await place.accept(api, IMAGES);
  await until(() => s3.objects.fileKeys.length > 10);
  s3.fault = (request) => (isOf('lone', request) ? { is: 'stall' } : undefined);
  await until(() => /claiming paused/.test(lone.said()), 60_000);
  await using _other = await startMinilab('worker', { ...place.settings, AWS_SDK_UA_APP_ID: 'other' });
  const ended = await untilEnded(batch.links.self, ENDS_WITHIN_MS);
  assert.equal(ended.counts.completed, IMAGES);
  assert.match(lone.said(), /its images go back/);
  assert.ok(givenBackBy(lone).length > 0);

  s3.fault = () => undefined;
  await until(() => /claiming resumed/.test(lone.said()), 60_000);
  const again = await place.accept(api, 5); // known addresses, so all may be reused
  assert.equal((await untilEnded(again.links.self)).counts.completed, 5);
});
