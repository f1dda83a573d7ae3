/** A store that fails while a batch runs: images wait with what was made of them, and nothing is made twice. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { completedBy, contentsOf, givenBackBy, newBucketPlace } from '../support/bucket-place.ts';
import { type Batch, json, type Running, startMinilab, untilEnded } from '../support/minilab.ts';
import type { Fault, S3 } from '../support/s3.ts';
import { until } from '../support/until.ts';

const IMAGES = Number(process.env['OUTAGE_IMAGES'] ?? 200);
const PHASE_MS = 15 * IMAGES; // with 2,000 images, 30 s of refusals and 30 s of absence
const RENDITIONS = 2; // of an image, with the default preset

const refusal: Fault = { is: 'answer', status: 503, code: 'SlowDown' };

/** Lets a third of all requests fail, at random as the times at which they arrive. */
function refuseAThird(s3: S3): void {
  let requests = 0;
  s3.fault = () => ((requests += 1) % 3 === 0 ? refusal : undefined);
}

async function readinessOf({ url }: Running): Promise<Record<string, string>> {
  const { checks } = await json<{ checks: Record<string, string> }>(fetch(`${url}/readyz`));
  return checks;
}

/** Whether the worker is paused, and both checks say why. */
async function isPaused(minilab: Running, reason: RegExp): Promise<boolean> {
  const { storage = '', worker = '' } = await readinessOf(minilab);
  return reason.test(storage) && reason.test(worker);
}

async function attemptsOf({ links }: Batch, count: number): Promise<Set<number>> {
  const { items } = await json<{ items: { attempts: number }[] }>(
    fetch(`${links.images}?limit=${Math.min(count, 500)}`),
  );
  return new Set(items.map(({ attempts }) => attempts));
}

test(`while a store refuses a third of all requests, and is away, ${IMAGES} images are completed, and each is made once`, async () => {
  await using place = await newBucketPlace();
  const { s3, origin } = place;
  await using minilab = await startMinilab('serve', place.settings);
  refuseAThird(s3);
  const batch = await place.accept(minilab, IMAGES);
  await until(() => s3.objects.fileKeys.length > 20);
  await sleep(PHASE_MS);
  s3.fault = () => ({ is: 'reset' });
  await until(() => isPaused(minilab, /ECONNRESET/));
  const counts = async () => (await json<Batch>(fetch(batch.links.self))).counts;
  await sleep(PHASE_MS / 2);
  const { pending } = await counts();
  await sleep(PHASE_MS / 2);
  const later = await counts();
  assert.deepEqual([later.pending, later.failed], [pending, 0], 'nothing is claimed meanwhile');
  s3.fault = () => undefined;

  const ended = await untilEnded(batch.links.self, 60_000 + 10 * PHASE_MS);
  assert.equal(ended.counts.completed, IMAGES);
  await until(async () => Object.values(await readinessOf(minilab)).every((check) => check === 'ok'));
  assert.deepEqual(new Set(origin.requests.values()), new Set([1]), 'downloaded once');
  assert.equal(completedBy(minilab), IMAGES);
  assert.deepEqual(givenBackBy(minilab), [], 'decoded once');
  assert.deepEqual(await attemptsOf(batch, IMAGES), new Set([1]));
  assert.match(minilab.said(), /claiming paused/);
  assert.match(minilab.said(), /claiming resumed/);
  assert.equal(s3.objects.fileKeys.length, RENDITIONS * IMAGES);
  assert.deepEqual(await place.rows(), contentsOf(s3));
});

test('a worker that ends while the store is away gives its images back at once, and the next one makes them', async () => {
  await using place = await newBucketPlace();
  const { s3 } = place;
  await using api = await startMinilab('serve --no-worker', place.settings);
  const worker = await startMinilab('worker', place.settings);
  s3.fault = ({ key }) => (key.includes('/.minilab/') ? undefined : { is: 'reset' });
  const batch = await place.accept(api, 30);
  await until(() => /claiming paused/.test(worker.said()));
  worker.child.kill('SIGTERM');
  assert.equal(await worker.ended, 0, worker.said());
  assert.ok(
    givenBackBy(worker).some((because) => because.includes('ECONNRESET')),
    'before the end of its grace time',
  );
  const { counts } = await json<Batch>(fetch(batch.links.self));
  assert.deepEqual([counts.pending, counts.processing, counts.failed], [30, 0, 0]);
  s3.fault = () => undefined;
  await using heir = await startMinilab('worker', place.settings);
  assert.equal((await untilEnded(batch.links.self)).counts.completed, 30);
  assert.equal(completedBy(heir), 30);
  assert.deepEqual(await attemptsOf(batch, 30), new Set([1]));
  assert.deepEqual(await place.rows(), contentsOf(s3));
});

test('the images of a worker that is killed between storing and recording are made again, and their files stay', async () => {
  await using place = await newBucketPlace();
  const { s3 } = place;
  await using api = await startMinilab('serve --no-worker', place.settings);
  const victim = await startMinilab('worker', place.settings);
  const { db } = openDatabase(place.settings['DATABASE_URL'] ?? '');
  await db.transaction().execute(async (trx) => {
    await sql`lock table renditions in share mode`.execute(trx); // nobody can record
    const batch = await place.accept(api, 5);
    await until(() => s3.objects.fileKeys.length === 5 * RENDITIONS && s3.open() === 0);
    victim.child.kill('SIGKILL');
    await victim.ended;
    return batch;
  });
  await db.destroy();
  const files = s3.objects.fileKeys.map((key) => s3.objects.get(key));
  assert.equal((await place.rows()).size, 0);
  s3.requests.length = 0;
  await using heir = await startMinilab('worker', place.settings);
  await until(async () => (await place.rows()).size === 5 * RENDITIONS);
  assert.equal(completedBy(heir), 5);
  const ofFiles = s3.requests.filter(({ key }) => s3.objects.fileKeys.includes(key));
  const count = (which: string) => ofFiles.filter(({ operation }) => operation === which).length;
  assert.deepEqual([count('PUT'), count('HEAD')], [5 * RENDITIONS, 5 * RENDITIONS], 'each was answered 412');
  s3.objects.fileKeys.forEach((key, i) => assert.equal(s3.objects.get(key), files[i], 'never overwritten'));
  assert.deepEqual(await place.rows(), contentsOf(s3));
});

test('where another version of the encoder stored its files first, the rows describe those', async () => {
  await using place = await newBucketPlace();
  const { s3 } = place;
  await using minilab = await startMinilab('serve', place.settings);
  const others = new Map<string, { bytes: number; sha256: string }>();
  s3.fault = ({ operation, key }) => {
    if (operation !== 'PUT' || key.includes('/.minilab/') || others.has(key)) return undefined;
    const content = Buffer.from(`${key} of another version`);
    s3.objects.set(key, content);
    const [bytes, sha256] = [content.length, contentsOf(s3).get(key)?.sha256 ?? ''];
    // One file is known by its metadata; the other has none, as after a copy, and has to be read.
    s3.objects.set(key, content, others.size % 2 === 0 ? { 'x-amz-meta-sha256': sha256 } : {});
    others.set(key, { bytes, sha256 });
    return undefined;
  };
  const batch = await place.accept(minilab, 6);
  assert.equal((await untilEnded(batch.links.self)).counts.completed, 6);
  assert.equal(others.size, 6 * RENDITIONS);
  assert.deepEqual(await place.rows(), others);
  assert.deepEqual(contentsOf(s3), others);
});
