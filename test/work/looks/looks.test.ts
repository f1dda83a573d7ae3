import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../../src/batches/batch.ts';
import { deleteBatch } from '../../../src/batches/delete.ts';
import { readPage } from '../../../src/pipeline/content-page.ts';
import { countLooks, listLooks, looksArePending } from '../../../src/results/looks/look.queries.ts';
import { readLookFacts } from '../../../src/results/looks/look-facts.ts';
import type { Services } from '../../../src/services.ts';
import { findLooks, findLooksOf } from '../../../src/work/looks/looks.ts';
import { acceptCsv, claim, madeOf, newServices, record } from '../../support/batches.ts';

const ENDLESS = new AbortController().signal;

/** A batch that has ended. Its pictures look the same, unless they have no structure. */
async function ended(services: Services, rows: string[], hasLook = true): Promise<BatchKey> {
  const batch = await acceptCsv(services, `SKU,Name,Images\n${rows.join('\n')}\n`);
  const claimed = await claim(services, 100);
  const results = await Promise.all(
    claimed.map(async ({ task, image }) => {
      const result = await madeOf(services, image);
      if (!hasLook && result.is === 'completed' && result.made.is === 'made')
        result.made.content.lookHash = null;
      return { task, result };
    }),
  );
  await record(services, results);
  return batch;
}

const looking = ({ database: { db }, log }: Services) => ({ db, log, signal: ENDLESS });

type Row = { round: number; look: number; kind: string; slots: number[] };

async function rowsOf({ database: { db } }: Services, { batchId }: BatchKey): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select round, look, kind, slots from batch_looks where batch_id = ${batchId} order by look`.execute(db);
  return rows;
}

const TABLE = ['A,Red cup,https://a.example/1.jpg', 'B,Blue plate,https://a.example/2.jpg'];
const GROUP = { round: 1, look: 1, kind: 'shared', slots: [1, 2] };

test('several workers at once write the groups of a batch once, also when one takes it from another', async () => {
  await using services = await newServices();
  const work = looking(services);
  for (let i = 0; i < 20; i += 1) {
    const batch = await ended(services, TABLE);
    assert.equal(await looksArePending(services.database.db, batch), true);
    const all = [findLooks(work), findLooksOf(batch, work), findLooks(work), findLooksOf(batch, work)];
    await Promise.all([...all, findLooksOf(batch, work), findLooksOf(batch, work)]);
    assert.deepEqual(await rowsOf(services, batch), [GROUP]);
    assert.equal(await looksArePending(services.database.db, batch), false);
  }
});

test('what a killed worker had begun is left to it for five minutes, then done again', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await ended(services, TABLE);
  const leave = (ago: string) =>
    sql`update batches set looks_claimed_at = now() - ${ago}::interval, ended_at = now() - interval '1 hour'`.execute(
      db,
    );
  await findLooksOf(batch, looking(services));
  await sql`update batches set looks_round = null`.execute(db); // killed before the last statement
  await sql`update batch_looks set look = 7`.execute(db);
  await leave('4 minutes');
  await findLooks(looking(services));
  assert.equal(await looksArePending(db, batch), true);
  await leave('6 minutes');
  await findLooks(looking(services));
  assert.deepEqual(await rowsOf(services, batch), [GROUP]);
});

test('a worker that ends leaves the batch to the next one at once', async () => {
  await using services = await newServices();
  const batch = await ended(services, TABLE);
  const ending = new AbortController();
  const aborted = { ...looking(services), signal: ending.signal };
  const found = findLooksOf(batch, aborted);
  ending.abort();
  await found;
  await findLooks(looking(services));
  assert.equal((await rowsOf(services, batch)).length, 1);
});

test('a batch without any duplicate, or with one image, writes nothing', async () => {
  await using services = await newServices();
  const small = await ended(services, TABLE.slice(0, 1));
  const batch = await ended(services, TABLE, false);
  await findLooks(looking(services));
  for (const each of [batch, small]) {
    assert.deepEqual(await rowsOf(services, each), []);
    assert.equal(await looksArePending(services.database.db, each), false);
  }
});

test('marks decide what is a placeholder, by content and by look', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await ended(services, TABLE);
  await findLooks(looking(services));
  const mark = async (kind: string, from: string): Promise<void> => {
    await sql`delete from known_pictures`.execute(db);
    await sql`
      insert into known_pictures (tenant_id, sha256, look_hash, chroma, kind)
      select 1, ${sql.raw(from)}, look_hash, '[0, 5]', ${kind} from batch_looks`.execute(db);
  };
  const shown = async () => [
    await countLooks(db, batch),
    (await readLookFacts(db, { ...batch, images: 2 })).isPlaceholder(2, false),
  ];
  const none = { twice: 0, shared: 0, variants: 0, placeholder: 0 };
  assert.deepEqual(await shown(), [{ ...none, shared: 1 }, false]);
  for (const from of ['sha256', `decode(repeat('00', 32), 'hex')`]) {
    await mark('placeholder', from);
    assert.deepEqual(await shown(), [{ ...none, placeholder: 1 }, true]);
    const [group] = await listLooks(db, batch, {
      kind: undefined,
      minProducts: undefined,
      afterLook: 0,
      limit: 1,
    });
    const { rows } = await sql<{ sha256: string }>`
      select encode(sha256, 'hex') as sha256 from known_pictures`.execute(db);
    assert.equal(group?.marked_as, rows[0]?.sha256, 'the picture whose mark can be removed');
  }
  await sql`update batch_looks set kind = 'placeholder', is_variants = true`.execute(db);
  await mark('allowed', 'sha256');
  assert.deepEqual(await shown(), [{ ...none, variants: 1 }, false]);
  const facts = await readLookFacts(db, { ...batch, images: 2 });
  assert.equal(facts.isPlaceholder(1, true), false, 'its content is allowed, although it was told as one');
});

test('what is known of contents is kept by pages, and goes with the batch', async () => {
  await using services = await newServices();
  const { db, patient } = services.database;
  const batch = await ended(services, TABLE);
  await findLooks(looking(services));
  const pages = async () => (await sql<{ facts: string }>`select facts from batch_facts`.execute(db)).rows;
  const [page] = await pages();
  assert.deepEqual([...readPage(page?.facts ?? '').keys()], [1, 2]);
  await deleteBatch(patient, batch);
  assert.deepEqual(await pages(), []);
});
