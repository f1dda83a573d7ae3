import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import { newFolder } from '../support/folder.ts';
import { locationsOf, previewOf } from '../support/previews.ts';

const U = 'https://shop.example/1.jpg';

function csvOf(columns: string, ...rows: string[]): string {
  return `SKU,Image,${columns}\n${rows.map((row, i) => `${i},${U},${row}\n`).join('')}`;
}

test('Width and Height that cannot be pixels are not read, and the warning says how to mean them', async () => {
  for (const rows of [
    ['50,70'],
    ['120,90', '50,70'],
    ['50 cm,70 cm'],
    ['"12""",8'],
    ['30.5,40'],
    ['399,399'],
  ]) {
    const preview = await previewOf(csvOf('Width,Height', ...rows));
    assert.equal(preview.ok, true, rows.join());
    assert.deepEqual(
      preview.warnings.map(({ code }) => code),
      ['column_not_read'],
      rows.join(),
    );
    assert.deepEqual(preview.columns, { images: ['Image'], sku: ['SKU'] });
    assert.match(
      preview.warnings[0]?.detail ?? '',
      /columns=\{"width":"Width","height":"Height"\}.*"Image Width" and "Image Height"/,
    );
  }
});

test('Width and Height that can be pixels are read', async () => {
  for (const row of ['1200,800', '500,', ',1000', '1600,300', '400,400']) {
    const preview = await previewOf(csvOf('Width,Height', row));
    assert.deepEqual(preview.warnings, [], row);
    assert.deepEqual([preview.columns.width, preview.columns.height], ['Width', 'Height'], row);
  }
  const mixed = await previewOf(csvOf('Image Width,Height', '800,300'));
  assert.deepEqual([mixed.warnings, mixed.columns.height], [[], 'Height']);
  // The preset has no other rendition.
  assert.deepEqual((await previewOf(csvOf('Width', '300'), { preset: 'amazon' })).warnings, []);
  assert.equal((await previewOf(csvOf('Width', '90'), { preset: 'amazon' })).warnings.length, 1);
});

test('a mapping, and a name that says it, are never doubted', async () => {
  for (const [column, mapping] of [
    ['Image Width', undefined],
    ['Width px', undefined],
    ['Width (px)', undefined],
    ['Output Width', undefined],
    ['Width', { width: 'Width' }],
  ] as const) {
    const good = await previewOf(csvOf(column, '50'), { mapping });
    assert.deepEqual([good.columns.width, good.warnings], [column, []]);
    const bad = await previewOf(csvOf(column, '50', '50 cm'), { mapping });
    assert.deepEqual(locationsOf(bad.errors), [['invalid_width', 3, 3]]);
  }
});

test('Format, Quality and Preset of a product are not read, once told, and never an error', async () => {
  for (const [column, ...values] of [
    ['Format', 'FixedPrice', 'Auction'],
    ['Format', 'Paperback', ''],
    ['Format', 'Portrait'],
    ['*Format', 'StoresFixedPrice'],
    ['Quality', 'New', 'Premium'],
    ['Quality', '5', '4'],
    ['Quality', 'A+'],
    ['Preset', 'Vivid 2', 'Warm / Soft'],
  ] as const) {
    const preview = await previewOf(csvOf(column, ...values, ...values));
    assert.deepEqual(locationsOf(preview.warnings), [['column_not_read', 2, 3]], values[0]);
    assert.equal(preview.ok, true);
    const name = column.replace('*', '').toLowerCase();
    assert.match(
      preview.warnings[0]?.detail ?? '',
      new RegExp(`columns=\\{"${name}":"${column.replace('*', '\\*')}"\\}`),
    );
    const mapped = await previewOf(csvOf(column, ...values), { mapping: { [name]: column } });
    const code = name === 'preset' ? 'unknown_preset' : `invalid_${name}`;
    if (column !== 'Quality' || values[0] !== '5')
      assert.deepEqual(locationsOf(mapped.errors)[0], [code, 2, 3], 'what the user says is not doubted');
  }
});

test('a slip in a column that chooses is an error with its line', async () => {
  for (const [column, code, ...values] of [
    ['Format', 'invalid_format', 'webp', 'wepb'],
    ['Format', 'invalid_format', 'gif'],
    ['Quality', 'invalid_quality', '101', '80'],
    ['Width', 'invalid_width', '800', 'wide'],
    ['Width', 'invalid_width', '800px'],
    ['Preset', 'unknown_preset', 'nope'],
    ['Preset', 'unknown_preset', 'web', 'Web'],
  ] as const) {
    const preview = await previewOf(csvOf(column, ...values));
    assert.deepEqual(
      preview.errors.map((flaw) => flaw.code),
      [code],
      values.join(),
    );
    assert.deepEqual(preview.warnings, []);
  }
});

test('what is found out late holds for the rows before it too', async () => {
  await using folder = await newFolder();
  const rows = [...Array.from({ length: 300 }, (_, i) => `${1000 + (i % 3)},80`), '45,80'];
  await using staged = await stageUpload(Readable.from([Buffer.from(csvOf('Width,Quality', ...rows))]), {
    ...{ tenantId: 1, folder: folder.path, maxBytes: 1e9, allowPaths: false },
    presets: BUILTIN_PRESETS,
    preset: BUILTIN_PRESETS[0],
  });
  const [web] = BUILTIN_PRESETS;
  assert.ok(web);
  const sizes = staged.recipes(web).map(({ renditions }) => [renditions[0]?.width, renditions[0]?.quality]);
  assert.deepEqual(new Set(sizes.map(String)), new Set(['1600,80']));
  assert.deepEqual(locationsOf(staged.warnings), [['column_not_read', 302, 3]]);
  assert.equal(staged.format.columns.width, undefined);
});

test('strict=true refuses the file for a column that is not read, unless it is said that it is not', async () => {
  const csv = csvOf('Format', 'Paperback');
  const strict = { warningsAre: 'errors' } as const;
  assert.deepEqual(locationsOf((await previewOf(csv, strict)).errors), [['column_not_read', 2, 3]]);
  assert.equal((await previewOf(csv, { ...strict, mapping: { format: null } })).ok, true);
});
