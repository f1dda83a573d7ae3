import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import type { BatchResults, ProductResult } from '../../src/results/results.queries.ts';
import { csvText, headerText } from '../../src/csv/write.ts';
import { columnsTable, correctable, replaced } from '../../src/results/table.ts';

type Columns = BatchResults['format']['columns'];

const NO_COLUMNS = { name: undefined, sku: [], serial: undefined, preset: undefined };
const NO_CHOICE = { width: undefined, height: undefined, quality: undefined, format: undefined };

function resultsOf(header: string[], images: number[], spill?: number): BatchResults {
  const columns: Columns = { ...NO_COLUMNS, ...NO_CHOICE, images, spill };
  const [web] = BUILTIN_PRESETS;
  return {
    tenantId: 1,
    batchId: '',
    isCancelled: false,
    format: { delimiter: ',', bom: false, header, columns },
    apparel: null,
    recipes: [{ preset: 'web', renditions: web?.renditions.slice(0, 1) ?? [] }],
    token: '',
    nameTemplate: undefined,
    fileName: 'catalog.csv',
    images: 1,
    createdAt: new Date(0),
  };
}

/** A row whose images are at these positions: completed with a link, or failed without. */
function product(cells: string[], links: Record<number, string>) {
  const images = Object.entries(links).map(([position, link]): ProductResult['images'][number] => ({
    position: Number(position),
    recipe: 0,
    state: link === '' ? 'failed' : 'completed',
    errorCode: link === '' ? 'not_found' : null,
    setId: link === '' ? null : '0123456789abcdef',
    slot: 0,
    url: '',
    host: '',
    isPlaceholder: false,
  }));
  const row: ProductResult = {
    rowNumber: 1,
    label: '1',
    productName: '',
    cells,
    quoted: null,
    flaws: [],
    firstSlot: 1,
    images,
  };
  return [row, Object.values(links)] as const;
}

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((name) => `https://s.example/${name}.jpg`) as [
  string,
  string,
  string,
  string,
];

test('style=replace writes each output where its source stood, in several columns too, and leaves all others', () => {
  const results = resultsOf(['id', 'image_link', 'Status', 'additional_image_link'], [1, 3]);
  const row = ['7', A, 'draft', ` ${B} | ${C},,${D}`];
  const some = product(row, { 1: 'x1', 2: '', 3: 'x3', 5: '' });
  assert.deepEqual(replaced(results, ...some, 'blank'), ['7', 'x1', 'draft', ' | x3,,']);
  assert.deepEqual(replaced(results, ...some, 'source'), ['7', 'x1', 'draft', `${B} | x3,,${D}`]);
  const second = product(['7', '', 'draft', B], { 2: 'x2' });
  assert.deepEqual(
    replaced(results, ...second, 'source'),
    ['7', '', 'draft', 'x2'],
    'an empty column is an empty slot',
  );
  const none = product(row, { 1: '', 2: '', 3: '', 5: '' });
  assert.deepEqual(replaced(results, ...none, 'source'), row, 'nothing was made: the row as it was');
  assert.deepEqual(replaced(results, ...product(['7'], {}), 'source'), ['7']);
  const beyond = product([...row.with(3, ''), 'beyond'], { 1: 'x1' });
  assert.deepEqual(replaced(results, ...beyond, 'source'), ['7', 'x1', 'draft', '', 'beyond']);
  const risky = product(["'=1+1", A, '-10% Sale', ''], { 1: 'x1' });
  assert.deepEqual(replaced(results, ...risky, 'blank'), ["'=1+1", 'x1', '-10% Sale', '']);
});

test('a row whose URLs spilled over has them in the last URL column, once', () => {
  const results = resultsOf(['image_link', 'Images'], [0, 1], 2);
  const row = [A, B, C, '', D, '', ''];
  const links = { 1: 'x1', 2: 'x2', 3: 'x3', 5: 'x5' };
  assert.deepEqual(replaced(results, ...product(row, links), 'blank'), ['x1', 'x2,x3,,x5']);
  assert.deepEqual(columnsTable(results).row(...product(row, links)), [
    ...[A, `${B},${C},,${D}`],
    ...['x1,x2,x3,,x5', 'completed', ''],
  ]);
  assert.deepEqual(correctable(row, results.format), [A, `${B},${C},,${D}`]);
  const unreadable = [A, B, 'no URL'];
  assert.deepEqual(
    correctable(unreadable, results.format),
    unreadable,
    'in one cell it would be part of a URL',
  );
  assert.deepEqual(correctable([A], results.format), [A]);
});

test('our own columns are replaced, unless the images are read from one of them', () => {
  const header = ['Output Image Urls', 'output image urls (thumb)', ' STATUS ', 'Errors', 'Images'];
  const ours = ['Output Image Urls', 'Status', 'Errors'];
  assert.deepEqual(columnsTable(resultsOf(header, [4])).header, ['Images', ...ours]);
  assert.deepEqual(columnsTable(resultsOf(header, [0])).header, ['Output Image Urls', 'Images', ...ours]);
});

test('a rejected row has its errors by image, or by row if it has no images', () => {
  const { row: write } = columnsTable(resultsOf(['Images'], [0]));
  const flaws = [
    { line: 2, code: 'too_many_cells', detail: '' },
    { line: 2, column: 3, code: 'invalid_width', detail: '' },
  ];
  const [bare] = product([''], {});
  assert.deepEqual(write({ ...bare, flaws }, []).slice(-2), [
    'failed',
    'row:too_many_cells; row:invalid_width',
  ]);
  const [named, links] = product([A], { 1: '' });
  assert.deepEqual(write({ ...named, flaws }, links).slice(-2), ['failed', '1:not_found']);
});

test('a row of one empty cell is a line, and a lone header with another delimiter in it stays one column', () => {
  const { format } = resultsOf(['Images'], [0]);
  assert.equal(csvText([['a;b'], [''], ['x']], format), '"a;b"\n""\nx\n');
});

test('output.csv keeps the lines around the header, and escapes formulas', () => {
  const { format } = resultsOf(['Images'], [0]);
  const written = { encoding: 'utf-8', lineEnd: '\r\n', lastLineEnds: true, below: 'cm,"=B1"\r\n' };
  const above = 'sep=,\r\nList 2026 -10%,=HYPERLINK(1),"@x"\r\n-----,-5,+49 30\r\n\r\n';
  assert.equal(
    headerText({ ...format, bom: true, written: { ...written, above } }, ['a', '=b']),
    `\ufeffsep=,\r\nList 2026 -10%,'=HYPERLINK(1),"'@x"\r\n-----,-5,+49 30\r\n\r\na,'=b\ncm,"'=B1"\r\n`,
  );
  assert.equal(headerText(format, ['a']), 'a\n', 'of a batch of an earlier version');
});
