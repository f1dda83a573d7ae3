import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encoderOf } from '../../src/csv/encoding.ts';
import { locationsOf, previewOf } from '../support/previews.ts';

const FOLDER = join(import.meta.dirname, 'exports');
const PART_BYTES = 256 * 1024;
const GOOD = 'https://shop.example/1.jpg';

const heads = async (): Promise<[name: string, csv: Buffer][]> =>
  Promise.all(
    (await readdir(FOLDER)).map(async (name): Promise<[string, Buffer]> => [
      name,
      await readFile(join(FOLDER, name)),
    ]),
  );

/** The export with its last row again and again, until it is larger than what a page sends at first. */
async function lengthened(csv: Buffer): Promise<Buffer> {
  const { rows_shown, encoding } = await previewOf(csv);
  const text = new TextDecoder(encoding ?? 'utf-8').decode(csv);
  const lines = text.split(/(?<=\n)/);
  const last = lines.slice((rows_shown.at(-1)?.line ?? 1) - 1).join('');
  const line = last.endsWith('\n') ? last : `${last}\n`;
  const bytes = encoderOf(encoding ?? 'utf-8').encode(line);
  const count = Math.ceil((1.2 * PART_BYTES) / bytes.length);
  const whole = last.endsWith('\n') ? csv : Buffer.concat([csv, encoderOf(encoding ?? 'utf-8').encode('\n')]);
  return Buffer.concat([whole, ...Array<Buffer>(count).fill(bytes)]);
}

describe('the preview of the first part of a file', () => {
  test('of each export, 256 KB have the columns of the whole, and the cut at their end is no error', async () => {
    for (const [name, csv] of await heads()) {
      const whole = await lengthened(csv);
      const [all, part] = [
        await previewOf(whole),
        await previewOf(whole.subarray(0, PART_BYTES), { isPartial: true }),
      ];
      assert.ok(whole.length > PART_BYTES && all.rows > part.rows && part.rows > 10, name);
      for (const key of ['column_list', 'columns', 'header', 'header_line', 'encoding', 'delimiter'] as const)
        assert.deepEqual(part[key], all[key], `${key} of ${name}`);
      assert.deepEqual(locationsOf(part.errors), locationsOf(all.errors), name);
      assert.deepEqual(part.rows_shown.slice(0, 20), all.rows_shown.slice(0, 20), name);
    }
  });

  test('wherever it is cut, whole rows are read and no error is made of the rest', async () => {
    const text = `SKU,Name,Photo\r\n1,"Größe 表 ""L""\r\nzwei",${GOOD}\r\n2,😀,"${GOOD}"\r\n`;
    const encodings = { 'utf-8': undefined, 'utf-16le': undefined, shift_jis: 'shift_jis' };
    for (const [encoding, charset] of Object.entries(encodings)) {
      const mark = encoding === 'utf-16le' ? '\u{feff}' : '';
      const bytes = encoderOf(encoding).encode(
        mark + text.replace(encoding === 'shift_jis' ? /[öß]|😀/g : /$^/, 'o'),
      );
      for (let end = 2; end <= bytes.length; end += 1) {
        const part = await previewOf(bytes.subarray(0, end), { isPartial: true, charset });
        assert.deepEqual(part.errors, [], `${encoding}, ${end} bytes: ${JSON.stringify(part.errors)}`);
        assert.ok(part.rows <= 2);
      }
      const all = await previewOf(bytes, { isPartial: true, charset });
      assert.deepEqual([all.rows, all.images, all.ok], [2, 2, true]);
    }
    const inFull = await previewOf(Buffer.from(text).subarray(0, 40));
    assert.deepEqual(locationsOf(inFull.errors), [['quote_not_closed', 2]]);
  });

  test('what is wrong before the cut is told as ever', async () => {
    const csv = `SKU,Photo\n1,no address\n2,\xe4`;
    const part = await previewOf(Buffer.from(csv, 'latin1').subarray(0, -1), { isPartial: true });
    assert.deepEqual(locationsOf(part.errors), [['invalid_url', 2, 2]]);
    const wrong = await previewOf(Buffer.from(`${csv}\n3`, 'latin1'), { isPartial: true });
    assert.deepEqual(locationsOf(wrong.errors), [['wrong_encoding', 3]]);
  });
});

describe('the table of a preview', () => {
  test('it has the first 20 rows, and those with problems, each problem with its cell; gaps can be counted', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i + 1},"Mug\n${i + 1}",${GOOD}`);
    rows[29] = '30,,nowhere';
    const { rows_shown, rows: count } = await previewOf(`SKU,Name,Photo\n${rows.join('\n')}\n`);
    assert.equal(count, 100);
    assert.deepEqual(
      rows_shown.map(({ row }) => row),
      [...Array.from({ length: 20 }, (_, i) => i + 1), 30],
    );
    assert.deepEqual(rows_shown[1], { row: 2, line: 4, cells: ['2', 'Mug\n2', GOOD], problems: [] });
    const bad = rows_shown.at(-1);
    assert.deepEqual([bad?.line, bad?.cells], [60, ['30', '', 'nowhere']]);
    assert.deepEqual(
      bad?.problems.map(({ index, level, code }) => [index, level, code]),
      [
        [2, 'error', 'invalid_url'],
        [1, 'warning', 'no_name'],
      ],
    );
    assert.match(bad?.problems[0]?.detail ?? '', /^"nowhere" is not an image URL/);
  });

  test('long cells, wide rows and many problems are cut, so that the answer stays small', async () => {
    const long = `${'x'.repeat(198)}😀${'y'.repeat(1_000)}`;
    const first = await previewOf(`SKU,Name,Photo\n1,${long},${GOOD}\n`);
    assert.equal(first.rows_shown[0]?.cells[1], `${'x'.repeat(198)}…`);
    const wide = `1,${'z'.repeat(300)},bad${`,${'z'.repeat(300)}`.repeat(400)}\n`;
    const { rows_shown } = await previewOf(`SKU,Name,Photo,Note\n${wide.repeat(200)}`);
    assert.equal(rows_shown.length, 200);
    assert.equal(rows_shown[0]?.cells.length, 250);
    assert.equal(rows_shown.at(-1)?.problems.length, 2);
    assert.deepEqual(rows_shown.at(-1)?.cells, []);
    assert.ok(JSON.stringify(rows_shown).length < 4e6);
  });

  test('rows with errors are shown also below a thousand rows with warnings', async () => {
    const warned = `1,,${GOOD}\n`.repeat(3_000);
    const { rows_shown } = await previewOf(`SKU,Name,Photo\n${warned}2,Cup,nowhere\n`);
    assert.equal(rows_shown.length, 1_001);
    assert.equal(rows_shown.at(-1)?.row, 3_001);
  });
});

describe('the columns of a preview', () => {
  const CSV = `SKU,Titel,Ansicht,Farbe\n1,Mug,${GOOD},red\n2,Cup,${GOOD},\n3,Pot,https://shop.example/3.jpg,blue\n`;

  test('each has its place, its role, how that was found, and samples', async () => {
    const { column_list, roles } = await previewOf(CSV, { mapping: { images: 'Ansicht', name: null } });
    assert.deepEqual(column_list, [
      { index: 0, header: 'SKU', role: 'sku', how: 'name', samples: ['1', '2', '3'] },
      { index: 1, header: 'Titel', role: null, how: null, samples: ['Mug', 'Cup', 'Pot'] },
      {
        index: 2,
        header: 'Ansicht',
        role: 'images',
        how: 'chosen',
        samples: [GOOD, 'https://shop.example/3.jpg'],
      },
      { index: 3, header: 'Farbe', role: null, how: null, samples: ['red', 'blue'] },
    ]);
    assert.deepEqual(roles.slice(0, 2), [
      { role: 'images', several: true },
      { role: 'name', several: false },
    ]);
  });

  test('without an image column they are guessed, the rows are shown, and it stays an error until one is chosen', async () => {
    const { ok, errors, column_list, rows_shown } = await previewOf(CSV);
    assert.equal(ok, false);
    assert.deepEqual(locationsOf(errors), [['no_image_column', 1]]);
    assert.deepEqual(
      column_list.map(({ role, how }) => [role, how]),
      [
        ['sku', 'name'],
        ['name', 'name'],
        ['images', 'guessed'],
        [null, null],
      ],
    );
    assert.deepEqual(
      rows_shown.map(({ row, line, cells }) => [row, line, cells[1]]),
      [
        [1, 2, 'Mug'],
        [2, 3, 'Cup'],
        [3, 4, 'Pot'],
      ],
    );
  });

  test('a column that is not meant for images has no role', async () => {
    const { column_list } = await previewOf(`SKU,Photo,Width\n1,${GOOD},50 cm\n`);
    assert.deepEqual(column_list[2], {
      index: 2,
      header: 'Width',
      role: null,
      how: null,
      samples: ['50 cm'],
    });
  });
});
