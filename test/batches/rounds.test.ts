import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { batchBody } from '../../src/batches/batch.body.ts';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { beginPlannedRetries } from '../../src/batches/planned-retries.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { listAttempts, listImages } from '../../src/images/image.queries.ts';
import type { ClaimedImage, ImageResult } from '../../src/work/process-image.ts';
import type { ImageProblemCode } from '../../src/pipeline/image-problems.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { acceptCsv, acceptUrls, claim, failed, newServices, record, TIMINGS } from '../support/batches.ts';
import { anyContent } from '../support/contents.ts';

const MADE_BY = { minilab: '0', sharp: '0', libvips: '0' };

function urls(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `https://a.example/${i}.jpg`);
}

function completed(image: ClaimedImage): ImageResult {
  const facts = { format: 'jpeg' as const, width: 1, height: 1, isInterlaced: false, mayHoldXmp: false };
  const bytes = { path: '', bytes: 10, sha256: Buffer.alloc(32), head: Buffer.alloc(0) };
  const source = { ...bytes, finalUrl: image.url, etag: undefined, lastModified: undefined, freshForS: 0 };
  const made = {
    source,
    facts,
    differenceHash: '0'.repeat(16),
    isPlaceholder: false,
    content: anyContent(),
    setId: '0'.repeat(16),
    renditions: [],
  };
  return { image, is: 'completed', made: { is: 'made', ...made, madeBy: MADE_BY, timings: TIMINGS } };
}

function failedWith(code: ImageProblemCode): (image: ClaimedImage) => ImageResult {
  return (image) => ({ image, is: 'failed', problem: new ImageProblem(code) });
}

/** Does everything that is in the queue. */
async function run(services: Services, endOf: (image: ClaimedImage) => ImageResult): Promise<number[]> {
  const slots: number[] = [];
  for (;;) {
    const claimed = await claim(services, 64);
    if (claimed.length === 0) break;
    slots.push(...claimed.map(({ image }) => image.slot));
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: endOf(image) })),
    );
  }
  return slots.toSorted((a, b) => a - b);
}

function retry({ database, feed }: Services, batch: BatchKey, code?: string) {
  return retryBatch(database.db, batch, { filter: { codes: code === undefined ? undefined : [code] }, feed });
}

function cancel({ database, queue }: Services, batch: BatchKey) {
  return cancelBatch(database.db, batch, { queue, publicUrl: 'http://localhost' });
}

async function eventsOf({ database }: Services, { batchId }: BatchKey): Promise<[string, number][]> {
  const { rows } = await sql<{ type: string; round: number }>`
    select type, (body::json #>> '{data,batch,round}')::integer as round from webhook_events
    where batch_id = ${batchId} order by event_id`.execute(database.db);
  return rows.map(({ type, round }) => [type, round]);
}

test('a retry runs the failed images only, with those that repeat their URLs, and settles another round', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, [...urls(4), ...urls(4)]);
  await run(services, (image) => (image.slot === 1 ? completed(image) : failed(image)));
  const before = await findBatch(db, batch);
  assert.deepEqual([before?.state, before?.completed, before?.failed], ['completed_with_errors', 2, 6]);

  const retried = await retry(services, batch);
  assert.ok(retried);
  assert.deepEqual(
    [retried.state, retried.round, retried.completed, retried.failed, retried.ended_before, retried.ended_at],
    ['processing', 2, 2, 0, 2, null],
  );
  assert.deepEqual(retried.errors_by_code, {});
  assert.deepEqual(
    await run(services, (image) =>
      image.slot === 2 ? completed(image) : failedWith('access_denied')(image),
    ),
    [2, 3, 4],
  );
  const after = await findBatch(db, batch);
  assert.deepEqual([after?.state, after?.completed, after?.failed], ['completed_with_errors', 4, 4]);
  assert.deepEqual(after?.errors_by_code, { access_denied: 4 });
  assert.deepEqual(await eventsOf(services, batch), [
    ['batch.completed_with_errors', 1],
    ['batch.completed_with_errors', 2],
  ]);
  const [third] = await listImages(db, {
    ...batch,
    afterSlot: 2,
    limit: 1,
  });
  const attempts = await listAttempts(db, { tenantId: 1, imageId: third?.image_id ?? '' });
  assert.deepEqual(
    attempts.map(({ code }) => code),
    ['not_found', 'access_denied'],
    'what the earlier round tried stays',
  );
  assert.equal(third?.tries, 1);
});

test('a retry of one image leaves the others, and takes those with its URL along', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, [...urls(3), ...urls(1)]);
  const [first, second, , fourth] = await listImages(db, { ...batch, afterSlot: 0, limit: 4 });
  await run(services, failed);
  const retryOf = (image: string | undefined) =>
    retryBatch(db, batch, { filter: { images: [image ?? ''] }, feed: services.feed });
  assert.deepEqual((await retryOf(second?.image_id))?.errors_by_code, { not_found: 3 });
  assert.deepEqual(await run(services, completed), [2]);
  await assert.rejects(retryOf(second?.image_id), { code: 'conflict', message: /no failed image img_/ });
  assert.deepEqual((await retryOf(fourth?.image_id))?.errors_by_code, { not_found: 1 });
  assert.deepEqual(await run(services, completed), [1], 'the lead image, with which the fourth one ends');
  const after = await findBatch(db, batch);
  assert.deepEqual([after?.completed, after?.failed], [3, 1]);
  await assert.rejects(retryOf(first?.image_id), { code: 'conflict' });
});

test('a retry of one error code leaves the others, and says when there is nothing to retry', async () => {
  await using services = await newServices();
  const batch = await acceptUrls(services, urls(3));
  await assert.rejects(retry(services, batch), { code: 'conflict', message: /still running/ });
  const codes: ImageProblemCode[] = ['not_found', 'server_error', 'server_error'];
  await run(services, (image) => failedWith(codes[image.slot - 1] ?? 'not_found')(image));
  await assert.rejects(retry(services, batch, 'tls_failed'), { code: 'conflict', message: /tls_failed/ });
  const retried = await retry(services, batch, 'server_error');
  assert.deepEqual(retried?.errors_by_code, { not_found: 1 });
  assert.deepEqual(await run(services, completed), [2, 3]);
  await retry(services, batch);
  await run(services, completed);
  assert.equal((await findBatch(services.database.db, batch))?.state, 'completed');
  await assert.rejects(retry(services, batch), { code: 'conflict', message: /no failed image/ });
  assert.equal(await retry(services, { tenantId: 1, batchId: crypto.randomUUID() }), undefined);
});

test('rows that the intake rejected are never retried, and their batch is never completed', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls(3));
  await sql`update images set state = 'failed', task_id = null, host = '', error_code = 'row_rejected', ended_at = now()
    where slot = 3`.execute(db);
  await sql`update batches set failed = 1, rejected_rows = 1, errors_by_code = '{"row_rejected": 1}'`.execute(
    db,
  );
  assert.deepEqual(
    await run(services, (image) => (image.slot === 1 ? failed(image) : completed(image))),
    [1, 2],
  );
  assert.deepEqual((await retry(services, batch))?.errors_by_code, { row_rejected: 1 });
  assert.deepEqual(await run(services, completed), [1]);
  assert.equal((await findBatch(db, batch))?.state, 'completed_with_errors');
  await assert.rejects(retry(services, batch), { code: 'conflict' });
  await assert.rejects(retry(services, batch, 'row_rejected'), { code: 'conflict' });
  await sql`update images set error_code = 'file_not_found' where slot = 3`.execute(db);
  await sql`update products set flaws = '[]' where row_number = 3`.execute(db);
  await assert.rejects(retry(services, batch), { code: 'conflict' }, 'a picture that its archive lacks');

  const rejected = await acceptCsv(services, `SKU,Input Image Urls\n${'x'.repeat(1_000)},\n`);
  assert.equal((await findBatch(db, rejected))?.state, 'failed');
});

test('speed and time to go are those of the present round, and its day for tries begins with it', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls(30));
  await run(services, failed);
  await sql`update batches set created_at = now() - interval '3 days', began_at = now() - interval '3 days',
    started_at = now() - interval '3 days', ended_at = now() - interval '2 days'`.execute(db);
  await retry(services, batch);
  const claimed = await claim(services, 10);
  assert.ok(claimed.every(({ image }) => image.deadlineAt.getTime() - Date.now() > 23 * 3_600_000));
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: completed(image) })),
  );
  await sql`update batches set began_at = now() - interval '5 seconds'`.execute(db);
  const row = await findBatch(db, batch);
  assert.ok(row);
  const { images_per_second, eta_seconds } = batchBody(row, '');
  assert.ok(
    images_per_second !== null && images_per_second > 1.5 && images_per_second <= 2,
    `${images_per_second}`,
  );
  assert.ok(eta_seconds !== null && eta_seconds >= 10 && eta_seconds < 14, `${eta_seconds}`);
});

test('a cancelled batch stops at once: nothing of it is claimed, fed, recorded or put right any more', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls(300));
  const [first, late, again, ...others] = await claim(services, 20);
  assert.ok(first && late && again);
  await record(services, [
    { task: first.task, result: completed(first.image) },
    {
      task: again.task,
      result: {
        image: again.image,
        is: 'later',
        problem: new ImageProblem('server_error'),
        inMs: 0,
        costsTry: true,
      },
    },
  ]);
  const cancelled = await cancel(services, batch);
  assert.ok(cancelled);
  assert.deepEqual(
    [cancelled.state, cancelled.completed, cancelled.cancelled, cancelled.processing],
    ['cancelled', 1, 299, 0],
  );
  assert.deepEqual(await eventsOf(services, batch), [['batch.cancelled', 1]]);

  const touched = await services.queue.renew(
    'process_image',
    others.map(({ task }) => task),
  );
  assert.equal(touched.size, 0, 'its workers miss their next touch');
  await record(services, [{ task: late.task, result: completed(late.image) }]);
  await sweep(db, services.feed);
  assert.deepEqual(await claim(services, 64), []);
  assert.deepEqual(await findBatch(db, batch), cancelled);

  assert.deepEqual(await cancel(services, batch), cancelled, 'again changes nothing');
  assert.equal((await eventsOf(services, batch)).length, 1);
  await assert.rejects(retry(services, batch), { code: 'conflict', message: /cancelled/ });
});

test('cancelling refuses a batch that has ended', async () => {
  await using services = await newServices();
  const batch = await acceptUrls(services, urls(1));
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  await record(services, [{ task: claimed.task, result: failed(claimed.image) }]);
  await assert.rejects(cancel(services, batch), { code: 'conflict', message: /it is failed/ });
});

test('a running batch is not deleted; a cancelled one is, with everything but its events', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls(100));
  await assert.rejects(deleteBatch(db, batch), { code: 'conflict', message: /still running/ });
  await cancel(services, batch);
  assert.equal(await deleteBatch(db, batch), true);
  const { rows } =
    await sql`select url from images union all select name from products union all select name from batches`.execute(
      db,
    );
  assert.deepEqual(rows, []);
  assert.equal((await eventsOf(services, batch)).length, 1);
});

test('claims and results while a batch is cancelled neither wait for ever nor change it', async () => {
  await using services = await newServices();
  const { db } = services.database;
  for (let round = 0; round < 10; round += 1) {
    const batch = await acceptUrls(services, urls(200));
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < 8; turn += 1) {
        const claimed = await claim(services, 8);
        await record(
          services,
          claimed.map(({ task, image }) => ({ task, result: failed(image) })),
        );
      }
    };
    const [cancelled] = await Promise.all([cancel(services, batch), work(), work(), work()]);
    const row = await findBatch(db, batch);
    assert.deepEqual([row?.state, row?.failed], ['cancelled', cancelled?.failed]);
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from images where batch_id = ${batch.batchId} and state = 'failed'`.execute(db);
    assert.equal(rows[0]?.n, cancelled?.failed);
  }
});

test('a planned retry begins once, after the end of its round, and only what was asked for', async () => {
  await using services = await newServices();
  const { database, feed } = services;
  const batch = await acceptUrls(services, urls(4));
  const plan = (codes: string[]) =>
    retryBatch(database.db, batch, { filter: { codes }, feed, whenEnded: true });
  await plan(['not_found']);
  await plan(['dns_failed']);
  assert.deepEqual(await beginPlannedRetries(database.db, feed), { begun: 0, failed: [] });
  const claimed = await claim(services, 4);
  const codes = ['not_found', 'access_denied', 'dns_failed'] as const;
  await record(
    services,
    claimed.map(({ task, image }, i) => {
      const code = codes[i];
      return {
        task,
        result: code ? { image, is: 'failed', problem: new ImageProblem(code) } : completed(image),
      };
    }),
  );
  assert.equal((await findBatch(database.db, batch))?.state, 'completed_with_errors');
  const begun = await Promise.all([1, 2, 3].map(() => beginPlannedRetries(database.db, feed)));
  assert.equal(
    begun.reduce((sum, each) => sum + each.begun, 0),
    1,
  );
  const row = await findBatch(database.db, batch);
  assert.deepEqual([row?.round, row?.state, row?.failed, row?.retry_planned], [2, 'processing', 1, false]);
  assert.deepEqual(row?.errors_by_code, { access_denied: 1 });

  await plan(['access_denied']);
  await cancelBatch(database.db, batch, feed);
  assert.deepEqual(await beginPlannedRetries(database.db, feed), { begun: 0, failed: [] });
  assert.equal((await findBatch(database.db, batch))?.retry_planned, false);
});

test('a planned retry that exceeds a quota waits until there is room', async () => {
  await using services = await newServices();
  const { database, feed } = services;
  const batch = await acceptUrls(services, urls(1));
  await retryBatch(database.db, batch, { filter: {}, feed, whenEnded: true });
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  await record(services, [{ task: claimed.task, result: failed(claimed.image) }]);
  await sql`update tenants set batches_at_once = 0 where tenant_id = 1`.execute(database.db);
  assert.deepEqual(await beginPlannedRetries(database.db, feed), { begun: 0, failed: [] });
  assert.equal((await findBatch(database.db, batch))?.retry_planned, true);
  await sql`update tenants set batches_at_once = null where tenant_id = 1`.execute(database.db);
  assert.deepEqual(await beginPlannedRetries(database.db, feed), { begun: 1, failed: [] });
});
