/**
 * What versions that have landed left behind, taken up by this one: their databases and files lie in
 * test/upgrades, made by test/programs/take-upgrade-sample.ts, which tells what they hold.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { parse } from 'csv-parse/sync';
import { Webhook } from 'standardwebhooks';
import { TASK_OPTIONS } from '../../src/queue/tasks.ts';
import { newDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { ANSWERS_OF_RUN } from '../support/record-answers.ts';
import { type SampleOrigin, startSampleOrigin } from '../support/upgrade-origin.ts';
import {
  EMPTY,
  restoreSample,
  type Sample,
  sampleNames,
  type ToldBatch,
  uploadSample,
} from '../support/upgrades.ts';
import { until } from '../support/until.ts';
import { readZip } from '../support/zip.ts';

const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`; // as when the samples were taken
const PUBLIC_URL = 'http://minilab.example';

type Upgraded = AsyncDisposable & { url: string; sample: Sample; origin: SampleOrigin; database: string };

/** This version's `serve` on what another one left behind. */
async function upgraded(name: string): Promise<Upgraded> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const origin = stack.use(await startSampleOrigin({ isLate: false }));
  const database = await newDatabase();
  const storage = join(folder.path, 'files');
  const sample = await restoreSample(name, { url: database, storage, origin });
  const { url } = stack.use(
    await startMinilab('serve', {
      ...{ DATABASE_URL: database, DATA_DIR: folder.path, PUBLIC_URL, WORKER_CORES: '1' },
      ...{ WEBHOOK_URL: `${origin.url}/hook`, WEBHOOK_SECRET: SECRET },
      [ANSWERS_OF_RUN]: '', // events are sent as older versions wrote them, with the fields of then
    }),
  );
  return { url, sample, origin, database, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

for (const name of await sampleNames()) {
  test(`what version ${name} left behind goes on in this one`, async (t) => {
    await using minilab = await upgraded(name);
    const batches = await batchesOf(minilab);

    await t.test('a batch that had ended tells what it told', async () => {
      for (const [name, { verdicts: _, ...told }] of Object.entries(minilab.sample.told))
        assert.deepEqual(await tellBatch(minilab, batches[name]), told, name);
    });
    await t.test('its results are complete', async () => {
      for (const [name, told] of Object.entries(minilab.sample.told))
        await assertResults(minilab, batches[name], told);
    });
    await t.test('the contents of its sources are known', () => assertContents(minilab));
    await t.test(
      'channels of its own judge, and its marks hold',
      { skip: !has(minilab, 'known_pictures') },
      async () => {
        const self = `${minilab.url}/v1/batches/${batches['plain']}`;
        const { images } = await json<{ images: object }>(fetch(`${self}/check?channel=own`));
        assert.deepEqual(images, minilab.sample.told['plain']?.verdicts);
        const marks = await json<{ items: { kind: string }[] }>(fetch(`${minilab.url}/v1/pictures`));
        assert.deepEqual(
          marks.items.map(({ kind }) => kind),
          ['allowed'],
        );
      },
    );
    await t.test('a batch that was in work ends, and only what is gone has failed', async () => {
      const begun = await untilEnded(`${minilab.url}/v1/batches/${batches['begun']}`);
      assert.deepEqual(begun.errors_by_code, { not_found: 1 });
      assert.equal(begun.counts.completed, begun.counts.total - 1);
      await assertResults(minilab, begun.id, await tellBatch(minilab, begun.id));
    });
    await t.test('failed images are retried', async () => {
      const self = `${minilab.url}/v1/batches/${batches['plain']}`;
      assert.equal((await fetch(`${self}/retry`, { method: 'POST' })).status, 202);
      assert.deepEqual((await untilEnded(self)).errors_by_code, { not_an_image: 1 });
    });
    await t.test('presets of its own are used', { skip: !has(minilab, 'presets') }, async () => {
      const csv = `Product Name,Images\nP,${minilab.origin.url}/6.png\n`;
      const response = await upload(minilab.url, csv, { preset: 'own' });
      assert.equal(response.status, 202);
      const { id } = await json<Batch>(response);
      assert.equal((await untilEnded(`${minilab.url}/v1/batches/${id}`)).state, 'completed');
    });
    await t.test(
      'an upload that is sent again is the batch of then',
      { skip: !has(minilab, 'idempotency_keys') },
      async () => {
        const id = await uploadSample(minilab.url, EMPTY.name, EMPTY.lines);
        assert.equal(id, batches['empty']);
      },
    );
    await t.test('its queues have the options of this version', () => assertQueues(minilab));
    await t.test('all webhooks arrive', { skip: !has(minilab, 'webhook_events') }, () =>
      assertHeard(minilab),
    );
  });
}

function has({ sample }: Upgraded, table: string): boolean {
  return sample.tables[`public.${table}`] !== undefined;
}

/** Public ids by name. */
async function batchesOf({ url }: Upgraded): Promise<Record<string, string>> {
  const { items } = await json<{ items: (Batch & { name: string })[] }>(fetch(`${url}/v1/batches`));
  return Object.fromEntries(items.map((batch) => [batch.name, batch.id]));
}

type ToldImage = Omit<ToldBatch['images'][number], 'renditions'> & {
  renditions: { name: string; url: string }[];
};

async function imagesOf({ url }: Upgraded, id: string | undefined): Promise<ToldImage[]> {
  return (await json<{ items: ToldImage[] }>(fetch(`${url}/v1/batches/${id}/images?limit=200`))).items;
}

async function tellBatch(minilab: Upgraded, id: string | undefined): Promise<ToldBatch> {
  const { state, counts, errors_by_code } = await json<Batch>(fetch(`${minilab.url}/v1/batches/${id}`));
  const images = (await imagesOf(minilab, id)).map(({ slot, state, error_code, renditions }) => {
    return { slot, state, error_code, renditions: renditions.map((rendition) => rendition.name) };
  });
  return { state, counts, errors_by_code, images };
}

type ManifestLine = { slot: number; rendition: { name: string; url: string; sha256: string } | null };

/** Whether output.csv, failed.csv, manifest and archive hold what they must, and every file is there. */
async function assertResults(minilab: Upgraded, id: string | undefined, told: ToldBatch): Promise<void> {
  const self = `${minilab.url}/v1/batches/${id}`;
  const textOf = async (path: string): Promise<string> => {
    const response = await fetch(`${self}/${path}`);
    assert.equal(response.status, 200, path);
    return response.text();
  };
  const made = told.images.flatMap(({ renditions }) => renditions).length;
  const lines = (await textOf('manifest.ndjson')).split('\n').filter((line) => line !== '');
  const files = lines.flatMap((line) => (JSON.parse(line) as ManifestLine).rendition ?? []);
  assert.equal(files.length, made, 'lines of the manifest');
  for (const { url, sha256 } of files) {
    const content = Buffer.from(await (await fetch(url.replace(PUBLIC_URL, minilab.url))).arrayBuffer());
    assert.equal(createHash('sha256').update(content).digest('hex'), sha256, url);
  }
  const urls = (await textOf('output.csv')).match(/http:\/\/minilab\.example\/files\/[^\s",|;]+/g) ?? [];
  assert.deepEqual(urls.toSorted(), files.map(({ url }) => url).toSorted(), 'URLs of output.csv');
  const failed = parse(await textOf('failed.csv'), { delimiter: [',', ';'], relax_column_count: true });
  assert.equal(
    failed.length > 1,
    told.images.some(({ state }) => state === 'failed'),
    'rows of failed.csv',
  );
  const archive = await readZip(Buffer.from(await (await fetch(`${self}/images.zip`)).arrayBuffer()));
  const pictures = [...archive.keys()].filter((name) => !name.endsWith('.csv'));
  assert.equal(pictures.length, made, 'files of images.zip');
}

async function assertContents({ database }: Upgraded): Promise<void> {
  const client = new Client(database);
  await client.connect();
  const { rows } = await client.query<{ contents: number; unread: number }>(`
    select count(*)::integer as contents, count(*) filter (where c.width is null or c.bytes <> s.source_bytes)::integer as unread
    from (select distinct on (source_sha256) * from rendition_sets) s
    left join contents c on c.tenant_id = s.tenant_id and c.sha256 = s.source_sha256`);
  await client.end();
  assert.ok((rows[0]?.contents ?? 0) > 0);
  assert.equal(rows[0]?.unread, 0);
}

async function assertQueues({ database }: Upgraded): Promise<void> {
  const client = new Client(database);
  await client.connect();
  const { rows } = await client.query<{ name: string; retry_limit: number }>(
    'select name, retry_limit from pgboss.queue',
  );
  await client.end();
  const limits = Object.fromEntries(rows.map((row) => [row.name, row.retry_limit]));
  for (const [name, { retryLimit }] of Object.entries(TASK_OPTIONS))
    assert.equal(limits[name], retryLimit, name);
}

async function assertHeard({ origin, database }: Upgraded): Promise<void> {
  const client = new Client(database);
  await client.connect();
  const pending = `select from webhook_deliveries where state = 'pending'`;
  await until(async () => (await client.query(pending)).rowCount === 0, 120_000, 'the last delivery');
  const { rows } = await client.query<{ body: string }>('select body from webhook_events order by body');
  await client.end();
  const verifier = new Webhook(SECRET);
  for (const { headers, body } of origin.heard) verifier.verify(body, headers);
  assert.deepEqual(
    [...new Set(origin.heard.map(({ body }) => body))].toSorted(),
    rows.map(({ body }) => body).toSorted(),
  );
}
