/** What the database holds as JSON outlives the version that wrote it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { readTableFormat } from '../../src/csv/table-format.ts';
import { setIdOf } from '../../src/pipeline/plan.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import { readRecipe, type StoredRecipe } from '../../src/presets/stored.ts';
import { newDatabase } from '../support/database.ts';

const SAME = 'all versions wrote the same';

/** By column, the function through which alone it is read, or why it needs none. */
const READERS: Record<string, string> = {
  'audit_log.details': 'shown as it was written',
  'batches.errors_by_code': SAME,
  'batches.planned_retries': SAME,
  'batches.recipes': 'readRecipe (presets/stored.ts)',
  'batches.row_errors': SAME,
  'batches.table_format': 'readTableFormat (csv/table-format.ts)',
  'batches.warnings': SAME,
  'channels.rules': 'readChannel (channels/stored.ts)',
  'contents.measures': 'readMeasures (pipeline/measures.ts)',
  'idempotency_keys.answer': 'completedBody (batches/batch.body.ts)',
  'inbox_messages.headers': SAME,
  'known_pictures.chroma': SAME,
  'presets.renditions': 'readPreset (presets/stored.ts)',
  'products.cells': SAME,
  'products.flaws': SAME,
  'rendition_sets.made_by': SAME,
  'renditions.measures': 'readFileMeasures (pipeline/file-measures.ts)',
  'webhook_attempts.answer_headers': SAME,
  'webhook_attempts.headers': SAME,
};

test('every JSON column has a function that reads what older versions wrote', async () => {
  const { db } = openDatabase(await newDatabase());
  await migrate(db);
  const { rows } = await sql<{ name: string }>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public' and data_type in ('json', 'jsonb')`.execute(db);
  await db.destroy();
  assert.deepEqual(
    rows.map((row) => row.name).toSorted(),
    Object.keys(READERS).toSorted(),
    'a new column is read through a function that completes it: see CONTRIBUTING.md, "A stored field"',
  );
});

/** The recipe of `web` as the first version stored it. */
const FIRST_RECIPE: StoredRecipe = {
  preset: 'web',
  renditions: [
    { name: 'full', width: 1600, height: 1600, format: 'jpeg', quality: 80, background: '#ffffff' },
    { name: 'thumb', width: 400, height: 400, format: 'jpeg', quality: 78, background: '#ffffff' },
  ],
};

const SOURCE = { sha256: Buffer.alloc(32, 1) };

test('a recipe of the first version is the one that its preset has today, and shares its files', () => {
  const web = BUILTIN_PRESETS.find(({ name }) => name === 'web');
  const recipe = readRecipe(FIRST_RECIPE);
  assert.deepEqual(recipe.renditions, web?.renditions);
  assert.equal(setIdOf(SOURCE, recipe), 'uu5f0r6maav5ua5l'); // epoch 2 of plan.ts
});

test('what only a newer version knows of a recipe is kept, and is not passed off as done', () => {
  const [full, ...others] = FIRST_RECIPE.renditions;
  assert.ok(full);
  const newer = Object.assign({}, full, { watermark: 'ours' });
  const recipe = readRecipe({ ...FIRST_RECIPE, renditions: [newer, ...others] });
  assert.equal((recipe.renditions[0] as typeof newer | undefined)?.watermark, 'ours');
  assert.equal(setIdOf(SOURCE, recipe), setIdOf(SOURCE, readRecipe(FIRST_RECIPE)));
});

test('a table of the first version, with one column of images, is read as one with several', () => {
  const form = { delimiter: ',', bom: false, header: ['Name', 'Images'] };
  assert.deepEqual(readTableFormat({ ...form, columns: { images: 1, name: 0, sku: 3 } }).columns, {
    ...{ images: [1], name: 0, sku: [3], serial: undefined, preset: undefined },
    ...{ width: undefined, height: undefined, quality: undefined, format: undefined, spill: undefined },
  });
  const newer = Object.assign({ images: [1, 2], spill: 3 }, { alt: 0 });
  const { columns } = readTableFormat({ ...form, columns: newer });
  assert.deepEqual([columns.images, columns.sku, columns.spill], [[1, 2], [], 3]);
  assert.equal((columns as unknown as typeof newer).alt, 0);
});

test('nothing stands above the header of a feed, where its products were stored if it was on one line', () => {
  const written = {
    ...{ encoding: 'utf-8', lineEnd: '\n', lastLineEnds: true },
    ...{ above: '1,a.jpg\n', below: '' },
  } as const;
  const form = { delimiter: ',', bom: false, header: ['id', 'image'], written, columns: { images: 1 } };
  assert.deepEqual(readTableFormat({ ...form, kind: 'xml' }).written, { ...written, above: '' });
  for (const csv of [form, { ...form, kind: 'csv' as const }])
    assert.deepEqual(readTableFormat(csv).written, written);
});
