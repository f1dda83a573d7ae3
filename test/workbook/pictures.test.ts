import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatingWorkbook, inCellWorkbook, wpsPictureWorkbook } from '../support/picture-workbooks.ts';
import { rowsOf } from '../support/read-workbook.ts';

const PICTURES = ['one.png', 'two.jpeg'].map((name) => ({ name, content: Buffer.from(name) }));
const ROWS = [
  { sku: 'A', picture: 1 },
  { sku: 'B', picture: undefined },
  { sku: 'C', picture: 0 },
  { sku: 'D', picture: 1 },
];

const found = async (file: Buffer): Promise<unknown> =>
  (await rowsOf(file)).slice(1).map(({ cells, beside = [] }) => [cells[0], cells[1], beside].flat());

const IN_CELLS = [
  ['A', '', { column: 1, part: 'xl/media/two.jpeg' }],
  ['B', ''],
  ['C', '', { column: 1, part: 'xl/media/one.png' }],
  ['D', '', { column: 1, part: 'xl/media/two.jpeg' }],
];

test('pictures that Excel places in cells are found', async () => {
  assert.deepEqual(await found(inCellWorkbook(ROWS, PICTURES)), IN_CELLS);
});

test('pictures that WPS Office places in cells are found', async () => {
  assert.deepEqual(await found(wpsPictureWorkbook(ROWS, PICTURES)), IN_CELLS);
});

test('pictures that float over a sheet are found by the cell of their corner, several for one cell', async () => {
  const rows = [['SKU', 'Image'], ['A', ''], ['B', 'https://a.example/1.jpg'], ['C']];
  const file = floatingWorkbook(rows, PICTURES, [
    { picture: 0, row: 2, column: 1 },
    { picture: 1, row: 2, column: 1 },
    { picture: 1, row: 3, column: 1 },
    { picture: 0, row: 4, column: 7 },
    { picture: 0, row: 6, column: 1 },
  ]);
  assert.deepEqual(await found(file), [
    ['A', '', { column: 1, part: 'xl/media/one.png' }, { column: 1, part: 'xl/media/two.jpeg' }],
    ['B', 'https://a.example/1.jpg', { column: 1, part: 'xl/media/two.jpeg' }],
    ['C', '', { column: 7, part: 'xl/media/one.png' }],
  ]);
});
