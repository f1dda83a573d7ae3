/** Workbooks as programs have written them, not built by our tests (files/LICENSE says where they are from). */
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTable } from '../../src/intake/table-kinds.ts';
import { Package } from '../../src/workbook/package.ts';
import { floatingPictures } from '../../src/workbook/pictures/drawings.ts';
import { openZip } from '../../src/zip/zip-file.ts';

const RULES = { maxBytes: 2 ** 20, allowPaths: false, presets: new Set<string>() };

const FILES: Record<string, [line: number, cells: string[]][]> = {
  'google-sheets': [
    [1, ['This is a test spreadsheet', 'It has a couple of columns']],
    [2, ['as well as a couple of rows', 'hello hello']],
  ],
  'wps-office': [
    [1, ['编号']],
    [3, ['编号']],
    [5, ['', '', '编号']],
  ],
  numbers: [[1, ['编号']]],
  libreoffice: [
    [1, ['', 'B1', 'C1', 'D1']],
    [2, ['A2', '', 'C2', 'D2']],
    [3, ['A3', 'B3', '', 'D3']],
    [4, ['A4', 'B4', 'C4', '']],
  ],
  // Its elements have a prefix, and its first shared text is empty.
  'tencent-docs': [
    [1, 'w w w w w w w w w w w w w'.split(' ')],
    [2, ['w', 'w', '', '', 'w', 'w', 'w', 'w', 'w', 'w', '', 'w', '']],
  ],
};

async function rowsOf(name: string, sheet?: string) {
  await using stack = new AsyncDisposableStack();
  const file = createReadStream(join(import.meta.dirname, `files/${name}.xlsx`));
  const { rows } = await openTable(file, { ...RULES, sheet }, stack);
  return await Array.fromAsync(rows); // the file is closed after it
}

for (const [name, expected] of Object.entries(FILES))
  test(`${name}.xlsx has its rows`, async () => {
    const rows = await rowsOf(name);
    assert.deepEqual(
      rows.map(({ line, cells }) => [line, cells]),
      expected,
    );
  });

test('excel-links.xlsx has the texts and targets of its links', async () => {
  const rows = await rowsOf('excel-links');
  assert.deepEqual(rows[0], {
    line: 1,
    cells: ['https://www.google.com'],
    beside: [{ column: 0, link: 'https://www.google.com/' }],
  });
  assert.equal(rows.length, 2);
});

const PICTURE = 'xl/media/image1.png';

test('excel-pictures.xlsx has its pictures by the cells of their corners, among charts and comments', async () => {
  const rows = await rowsOf('excel-pictures', '1');
  assert.deepEqual(
    rows.map(({ line, beside = [] }) => [
      line,
      beside.map((each) => ('part' in each ? [each.column, each.part] : each)),
    ]),
    [
      [1, [[4, PICTURE]]],
      [
        2,
        [
          [2, PICTURE],
          [5, PICTURE],
        ],
      ],
      [
        4,
        [
          [0, PICTURE],
          [4, PICTURE],
        ],
      ],
      [5, [[2, PICTURE]]],
    ],
  );
});

test('google-sheets-pictures.xlsx has its picture in a row without texts', async () => {
  const rows = await rowsOf('google-sheets-pictures', '2');
  assert.deepEqual(rows, [
    { line: 7, cells: ['', 'dddD'] },
    { line: 8, cells: ['', ''], beside: [{ column: 7, part: PICTURE }] },
    { line: 13, cells: ['', '', '', '', 'DDDD'] },
  ]);
});

test('libreoffice-pictures.xlsx has its picture by the cell of its corner', async () => {
  await using file = await open(join(import.meta.dirname, 'files/libreoffice-pictures.xlsx'));
  const parts = new Package(await openZip(file, (await file.stat()).size));
  assert.deepEqual(
    await floatingPictures(parts, new Set(['xl/drawings/drawing1.xml'])),
    new Map([[13, [{ column: 6, part: PICTURE }]]]),
  );
});
