/** What a stranger uploads takes time by its length, and not by what it repeats. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readTable } from '../../src/csv/table.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import { takesAtMostAsync } from '../support/cpu.ts';
import { newFolder } from '../support/folder.ts';
import { locationsOf, previewOf } from '../support/previews.ts';

const URL = 'https://a.example/1.jpg';

/** As a file arrives: in pieces, and not as one text. */
function inChunks(csv: string, size = 64 * 1024): Readable {
  const bytes = Buffer.from(csv);
  const count = Math.ceil(bytes.length / size);
  return Readable.from(Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size)));
}

test('a header of very many columns is refused before its names are judged', async () => {
  for (const delimiter of [',', ';', '\t'])
    for (const name of ['image 7', 'main picture url 12', 'sku', 'x']) {
      const csv = `${Array(20_000).fill(name).join(delimiter)}\n${URL}\n`;
      const { errors } = await takesAtMostAsync(300, name, () => previewOf(csv));
      assert.deepEqual(locationsOf(errors), [['too_many_columns', 1]], name);
    }
});

const NAMES = [
  ...[
    '[a=',
    '[a=]',
    '#1.',
    '#1.a',
    '[',
    ']',
    '(',
    ') ',
    ' ',
    '\t',
    '-',
    '=',
    "'",
    '/',
    '.',
    '1',
    '7a',
    'é',
    '\u0301',
  ],
  ...[
    'image',
    'image7',
    'main',
    'pic',
    'l',
    's',
    'TemplateType=',
    'TemplateType=dataRow=',
    'output image urls (',
  ],
  ...['output image urls () ', 'url handle ', 'required ', 'http://a', '""', '@', 'a.jpg', '\\'],
];

test('names of columns are judged in linear time, also where they are as long as a row may be', async () => {
  for (const name of NAMES)
    for (const characters of [60_000, 900_000]) {
      const long = name.repeat(characters / name.length);
      const csv = `"${long}",SKU,Image,"${long}sku"\n1,${URL}\n2,x,${URL}\n3,x,${URL}\n`;
      await takesAtMostAsync(5_000, `${name} ${characters}`, () => previewOf(csv));
    }
});

test('a mapping of a thousand names is looked up in a header of long names', async () => {
  const names = Array.from({ length: 200 }, (_, i) => `${'-'.repeat(4_000)}x${i}`);
  const images = Array.from({ length: 1_000 }, (_, i) => `y${i}`);
  const preview = await takesAtMostAsync(3_000, 'mapping', () =>
    previewOf(`${names.join(',')}\n${URL}\n`, { mapping: { images } }),
  );
  assert.equal(preview.error_count, 1_000);
});

test('cells of every column are judged in linear time', async () => {
  const header = 'SKU,Name,Image,Width,Height,Quality,Format,Preset,Text,S. No.';
  const units = [
    '.',
    ' ',
    '1',
    '1 ',
    '1.',
    ',',
    '/',
    'a',
    '-',
    '+',
    '=',
    '"',
    '[',
    '<',
    'E',
    'a.jpg',
    '://',
    '\r\n',
  ];
  for (const unit of units)
    for (const end of ['', 'x1', '1']) {
      const cell = `"${(unit.repeat(50_000 / unit.length) + end).replaceAll('"', '""')}"`;
      const csv = `${header}\n1,a,${URL},200,200,80,webp,web,x,1\n${Array(10).fill(cell).join(',')}\n`;
      await takesAtMostAsync(3_000, JSON.stringify([unit, end]), () => previewOf(csv));
    }
});

test('a row of as many quoted cells as are allowed is stored', async () => {
  await using folder = await newFolder();
  const csv = `Image,SKU\n${URL},1${',""'.repeat(16_382)}\n`;
  await using staged = await takesAtMostAsync(5_000, 'quoted cells', () =>
    stageUpload(inChunks(csv), {
      ...{ tenantId: 1, folder: folder.path, presets: BUILTIN_PRESETS, maxBytes: 1e7, allowPaths: false },
    }),
  );
  assert.equal(staged.images, 1);
  await assert.rejects(
    takesAtMostAsync(5_000, 'far more', () =>
      stageUpload(inChunks(`Image,SKU\n${URL},1${',""'.repeat(300_000)}\n`), {
        ...{ tenantId: 1, folder: folder.path, presets: BUILTIN_PRESETS, maxBytes: 1e7, allowPaths: false },
      }),
    ),
    { code: 'csv_invalid' },
  );
});

test('the first lines are not counted again with every piece, nor the end of a long one tried from each character', async () => {
  const lines = `${'\n'.repeat(60_000)}SKU,Image\n1,${URL}\n`;
  const table = await takesAtMostAsync(5_000, 'lines', () => readTable(inChunks(lines, 1)));
  assert.equal((await Array.fromAsync(table.rows)).length, 2);
  const long = `SKU,Image,Text\n1,${URL},"${'a'.repeat(120_000)}"\n`;
  const { rows } = await takesAtMostAsync(1_000, 'a long line', () => previewOf(long));
  assert.equal(rows, 1);
});
