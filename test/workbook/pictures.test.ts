import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatingWorkbook, inCellWorkbook, wpsPictureWorkbook } from '../support/picture-workbooks.ts';
import { readingOf, rowsOf } from '../support/read-workbook.ts';

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

test('pictures whose names differ only in letters that a cell cannot hold stay apart', async () => {
  const pictures = ['фото.png', 'вино.png', '____.png'].map((name) => ({ name, content: Buffer.from(name) }));
  const rows = ['A', 'B', 'C', 'D'].map((sku, i) => ({ sku, picture: i % 3 }));
  const { products } = await readingOf(inCellWorkbook(rows, pictures), { maxSourceBytes: 100 });
  assert.deepEqual(
    products.map(({ images }) => images.map(({ url }) => url)),
    [0, 1, 2, 0].map((i) => [`xl/media/${pictures[i]?.name}`]),
  );
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
