import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { recordLostImages, recordResults } from '../../src/work/record.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { handleInGroups } from '../../src/queue/groups.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import {
  acceptCsv,
  acceptUrls,
  claim,
  type Claimed,
  failed,
  newServices,
  record,
} from '../support/batches.ts';

const url = (i: number): string => `https://a.example/${i}.jpg`;

async function withEndpoint({ database }: Services): Promise<void> {
  await configureEndpoint(database.db, 1, { url: 'https://shop.example/hook', secret: 'whsec_x' });
}

function failures(claimed: Claimed[]) {
  return claimed.map(({ task, image }) => ({ task, result: failed(image) }));
}

/** Of each batch: its state, and how many events, deliveries and tasks of deliveries there are. */
async function endsOf({ database }: Services): Promise<{ state: string; told: string }[]> {
  const { rows } = await sql<{ state: string; told: string }>`
    select b.state, count(distinct e.event_id) || ' ' || count(distinct d.delivery_id) || ' ' || count(distinct j.id) as told
    from batches b
    left join webhook_events e on e.batch_id = b.batch_id
    left join webhook_deliveries d on d.event_id = e.event_id
    left join pgboss.job j on j.name = 'deliver_webhook' and j.data ->> 'delivery_id' = d.delivery_id::text
    group by b.batch_id, b.state order by b.batch_id`.execute(database.db);
  return rows;
}

async function eventsOf({ database }: Services, { batchId }: BatchKey): Promise<number> {
  const { rows } = await sql`select from webhook_events where batch_id = ${batchId}`.execute(database.db);
  return rows.length;
}

test('a batch ends with its last image, whoever records it, and is told once', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const urls = [1, 2, 3].map(url);
  const batch = await acceptUrls(services, [...urls, ...urls]);
  const claimed = await claim(services, 10);
  assert.equal(claimed.length, 3, 'a URL that stands twice is one task');
  await Promise.all(failures(claimed).map((finished) => record(services, [finished])));
  const row = await findBatch(db, batch);
  assert.deepEqual([row?.state, row?.failed], ['failed', 6]);
  assert.ok(row?.ended_at);
  await sweep(db, services.feed);
  assert.equal(await eventsOf(services, batch), 1);
});

test('a group of results ends every batch of which it has the last image, each with its delivery', async () => {
  await using services = await newServices();
  await withEndpoint(services);
  for (let i = 0; i < 40; i += 1) await acceptUrls(services, [`https://${i}.example/1.jpg`]);
  const { db } = services.database;
  const claimed = await claim(services, 100);
  assert.equal(claimed.length, 40);
  const ended = await recordResults(db, failures(claimed), services.feed);
  assert.equal(ended.length, 40);
  assert.deepEqual(
    await endsOf(services),
    Array.from({ length: 40 }, () => ({ state: 'failed', told: '1 1 1' })),
  );
});

test('results, end and event are recorded together or not at all', async () => {
  await using services = await newServices();
  await withEndpoint(services);
  const batch = await acceptUrls(services, [url(1)]);
  const claimed = await claim(services, 1);
  const queue = {
    ...services.queue,
    insert: async (): Promise<never> => {
      throw new Error('the worker was killed');
    },
  };
  const { db } = services.database;
  await assert.rejects(recordResults(db, failures(claimed), { ...services.feed, queue }), /killed/);
  const row = await findBatch(db, batch);
  assert.deepEqual([row?.state, row?.failed, row?.processing], ['processing', 0, 1]);
  assert.equal(await eventsOf(services, batch), 0);
  await record(services, failures(claimed));
  assert.deepEqual(await endsOf(services), [{ state: 'failed', told: '1 1 1' }]);
});

test('a batch without images, and one whose rows were all rejected, end as they are accepted', async () => {
  await using services = await newServices();
  await withEndpoint(services);
  const { db } = services.database;
  const header = 'Product Name,Input Image Urls\n';
  const csvs = [`${header}P,\n`, `${header}P,no address\n`, `SKU,${header}${'x'.repeat(1_000)},P,\n`];
  const batches = [];
  for (const csv of csvs) batches.push(await acceptCsv(services, csv));
  const rows = await Promise.all(batches.map((batch) => findBatch(db, batch)));
  assert.deepEqual(
    rows.map((row) => [row?.state, row?.images, row?.rejected_rows]),
    [
      ['completed', 0, 0],
      ['failed', 1, 1],
      ['failed', 0, 1],
    ],
  );
  assert.ok((await endsOf(services)).every(({ told }) => told === '1 1 1'));
});

test('a batch whose end an older worker left to others is ended by the sweep, and not cancelled meanwhile', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, [url(1)]);
  await claim(services, 1);
  await sql`update images set state = 'failed', error_code = 'not_found', task_id = null, ended_at = now()`.execute(
    db,
  );
  await sql`update batches set failed = 1`.execute(db);
  await assert.rejects(cancelBatch(db, batch, services.feed), { message: /about to end/ });
  const { ended, settled } = await sweep(db, services.feed);
  assert.deepEqual(ended, [{ ...batch, round: 1, state: 'failed' }]);
  assert.equal(settled, 1);
  assert.deepEqual((await sweep(db, services.feed)).ended, []);
  assert.equal(await eventsOf(services, batch), 1);
});

test('one batch that cannot be moved on holds up no other', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const [broken, healthy] = [
    await acceptUrls(services, [url(1)]),
    await acceptUrls(services, [url(2), url(3)]),
  ];
  const claimed = await claim(services, 10);
  await record(
    services,
    claimed.map(({ task, image }) => ({ task, result: { image, is: 'returned', inMs: 0 } })),
  );
  await sql`update images set state = 'cancelled', ended_at = now(), due_at = null where batch_id = ${broken.batchId}`.execute(
    db,
  );
  await sql`update batches set cancelled = images where batch_id = ${broken.batchId}`.execute(db);
  await sql`alter table webhook_events add check (batch_id <> ${sql.lit(broken.batchId)})`.execute(db);
  const { failed: stuck } = await sweep(db, services.feed);
  assert.deepEqual(
    stuck.map(({ batch }) => batch),
    [broken],
  );
  assert.match(String(stuck[0]?.error), /violates check constraint/);
  const works = (await claim(services, 10)).map(({ image }) => image.batchId);
  assert.deepEqual(works, [healthy.batchId, healthy.batchId]);
});

test('dead letters are done in groups, and one that cannot be recorded holds up no other', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(
    services,
    Array.from({ length: 6 }, (_, i) => `https://${i}.example/1.jpg`),
  );
  const claimed = await claim(services, 10);
  const data = ({ task }: Claimed) => ({ ...task.data, task_id: task.id });
  const letters = claimed.map((each, i) => ({
    id: `00000000-0000-0000-0000-00000000000${i}`,
    data: data(each),
  }));
  await services.queue.insert('lost_image', letters, db);
  const groups: number[] = [];
  const errors: [string, unknown][] = [];
  const broken = new Error('this one is broken');
  await handleInGroups(services.queue, 'lost_image', {
    async handle(tasks) {
      groups.push(tasks.length);
      if (tasks.some(({ id }) => id === letters[0]?.id)) throw broken;
      const lost = tasks.map((task) => ({ ...batch, taskId: task.data.task_id }));
      await recordLostImages(db, lost, services.feed);
    },
    onError: (error, task) => errors.push([task.id, error]),
  });
  assert.deepEqual(groups, [6, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(errors, [[letters[0]?.id, broken]]);
  const row = await findBatch(db, batch);
  assert.deepEqual([row?.state, row?.errors_by_code], ['processing', { worker_lost: 5 }]);
});
