import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../src/db/database.ts';
import { migrate, MIGRATIONS } from '../../src/db/migrate.ts';
import { type Measures, readMeasures } from '../../src/pipeline/measures.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { forgetContents } from '../../src/work/record-contents.ts';
import type { ImageResult } from '../../src/work/process-image.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';
import { anyContent } from '../support/contents.ts';
import { newDatabase } from '../support/database.ts';

type Row = {
  sha256: string;
  width: number;
  look: string | null;
  measures: Measures | null;
  is_measured: boolean;
};

async function contentsOf(db: Db): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select encode(sha256, 'hex') as sha256, width, look_hash::text as look, measures, measured_at is not null as is_measured
    from contents where tenant_id = 1 order by sha256`.execute(db);
  return rows;
}

/** The same result, measured on so many pixels. */
function measuredOn(result: ImageResult, width: number, lookHash: string | null): ImageResult {
  assert.ok(result.is === 'completed' && result.made.is === 'made');
  const content = { ...anyContent({ measured: { width, height: width } }), lookHash };
  return { ...result, made: { ...result.made, content } };
}

test('measures and look of a source are recorded with its renditions, once a content', async () => {
  await using services = await newServices();
  await acceptUrls(services, ['https://a.example/1.jpg', 'https://a.example/2.jpg']);
  const results = await Promise.all(
    (await claim(services, 8)).map(async ({ task, image }) => ({
      task,
      result: await madeOf(services, image),
    })),
  );
  await record(services, results);
  const rows = await contentsOf(services.database.db);
  assert.equal(rows.length, 2);
  for (const { width, look, measures, is_measured } of rows) {
    assert.deepEqual([width, measures, is_measured], [100, anyContent().measures, true]);
    assert.equal(BigInt(`0b${look}`).toString(16).padStart(64, '0'), anyContent().lookHash);
  }
});

test('measures of more pixels replace those of fewer, and not the other way round', async () => {
  await using services = await newServices();
  const urls = [1, 2, 3].map((i) => `https://a.example/${i}.jpg`);
  await acceptUrls(services, urls);
  const claimed = await claim(services, 8);
  const [one] = claimed;
  assert.ok(one);
  const first = await madeOf(services, one.image);
  for (const [i, width] of [400, 1600, 800].entries()) {
    const { task, image } = claimed[i] ?? one;
    const hash = String(i + 1).repeat(64);
    await record(services, [{ task, result: { ...measuredOn(first, width, hash), image } }]);
  }
  const [row, ...others] = await contentsOf(services.database.db);
  assert.deepEqual([others.length, row?.measures?.measured.width], [0, 1600]);
  assert.equal(BigInt(`0b${row?.look}`).toString(16), '2'.repeat(64));
});

test('contents of which no rendition set is left are forgotten', async () => {
  await using services = await newServices();
  const { db, patient } = services.database;
  await acceptUrls(services, ['https://a.example/1.jpg']);
  for (const { task, image } of await claim(services, 8))
    await record(services, [{ task, result: await madeOf(services, image) }]);
  await sql`
    insert into contents (tenant_id, sha256, format, width, height, bytes)
    select 1, sha256(n::text::bytea), 'jpeg', 1, 1, 1 from generate_series(1, 12000) n`.execute(db);
  await forgetContents(patient);
  assert.equal((await contentsOf(db)).length, 1);
});

test('a content that failed because of its look stays known for 30 days, so that it can be marked as allowed', async () => {
  await using services = await newServices();
  const { db, patient } = services.database;
  await acceptUrls(services, ['https://a.example/1.jpg', 'https://a.example/2.jpg']);
  const results = await Promise.all(
    (await claim(services, 8)).map(
      async ({ task, image }): Promise<{ task: typeof task; result: ImageResult }> => {
        const made = await madeOf(services, image);
        assert.ok(made.is === 'completed' && made.made.is === 'made');
        const problem = new ImageProblem('placeholder_image');
        return { task, result: { image, is: 'failed', problem, measured: made.made } };
      },
    ),
  );
  await record(services, results);
  await forgetContents(patient);
  assert.equal((await contentsOf(db)).length, 2);
  await sql`update contents set measured_at = now() - interval '31 days'`.execute(db);
  await forgetContents(patient);
  assert.equal((await contentsOf(db)).length, 0);
});

test('the migration adds what was known before, unmeasured', async () => {
  const { db } = openDatabase(await newDatabase());
  await migrate(db, { names: Object.keys(MIGRATIONS).filter((name) => name < '0018') });
  await sql`
    insert into rendition_sets (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes)
    select 1, lpad(n::text, 16, '0'), case n when 5 then '' else sha256((n % 2)::text::bytea) end, 'png', 10 + n % 2, 20, 30
    from generate_series(1, 5) n`.execute(db);
  await migrate(db);
  const rows = await contentsOf(db);
  await db.destroy();
  assert.deepEqual(
    rows.map(({ width }) => width).toSorted((a, b) => a - b),
    [10, 11],
  );
  for (const { look, measures, is_measured } of rows)
    assert.deepEqual([look, readMeasures(measures), is_measured], [null, null, false]);
});

test('measures by older definitions are as good as none; what newer ones add is kept', () => {
  const { measures } = anyContent();
  assert.equal(readMeasures({ ...measures, v: 0 }), null);
  const newer = { ...measures, v: 2, contrast: 3 };
  assert.deepEqual(readMeasures(newer), newer);
});
