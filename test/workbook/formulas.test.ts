/** Formulas are not evaluated: their stored values count, and the addresses that they take from cells near them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressIn } from '../../src/workbook/formulas.ts';
import { readingOf } from '../support/read-workbook.ts';
import { webImageWorkbook } from '../support/picture-workbooks.ts';
import { escapeXml, workbook } from '../support/workbooks.ts';

const text = (at: string, content: string): string =>
  content === '' ? '' : `<c r="${at}" t="inlineStr"><is><t>${escapeXml(content)}</t></is></c>`;
const formula = (at: string, content: string, more = ''): string =>
  `<c r="${at}"${more}><f>${escapeXml(content)}</f></c>`;
/** A row of cells that begin at column A; a cell that begins with `<` is XML. */
const row = (line: number, ...cells: string[]): string =>
  `<row r="${line}">${cells.map((cell, i) => (cell.startsWith('<') ? cell : text('ABCDE'[i] + String(line), cell))).join('')}</row>`;

async function read(...rows: string[]) {
  const { products, reading } = await readingOf(workbook({ sheets: [{ name: 'A', rows: rows.join('') }] }));
  return {
    images: products.map(({ images }) => images.map(({ url }) => url)),
    skus: products.map(({ sku }) => sku),
    warnings: reading.warnings.first.map(({ code, line, column }) => [code, line, column]),
    details: reading.warnings.first.map(({ detail }) => detail),
    errors: reading.errors.first.map(({ code, detail }) => `${code} ${detail}`),
  };
}

const HEADER = row(1, 'SKU', 'Image', 'Folder', 'File');

test('the address of IMAGE() and HYPERLINK() comes from cells of its row, joined with texts', async () => {
  const { images, warnings, errors } = await read(
    row(1, 'SKU', 'Image', 'Folder', 'File', 'https://a.example/'),
    row(
      2,
      'A',
      formula('B2', '_xlfn.IMAGE(D2)', ' t="e"').replace('</c>', '<v>#VALUE!</v></c>'),
      '',
      'https://a.example/1.jpg',
    ),
    row(3, 'B', formula('B3', 'IMAGE("https://a.example/" & C3&"/"&$D3 & ".jpg", "alt")'), 'x', 'y'),
    row(
      4,
      'C',
      formula('B4', 'HYPERLINK($E$1&D4)', ' t="str"').replace('</c>', '<v>photo</v></c>'),
      '',
      '4.jpg',
    ),
    row(
      5,
      'D',
      formula('B5', 'IFERROR(__xludf.DUMMYFUNCTION("IMAGE(""https://a.example/""&D5)"),"")'),
      '',
      '5.jpg',
    ),
  );
  assert.deepEqual(images, [
    ['https://a.example/1.jpg'],
    ['https://a.example/x/y.jpg'],
    ['https://a.example/4.jpg'],
    ['https://a.example/5.jpg'],
  ]);
  assert.deepEqual([warnings, errors], [[['unread_image_column', 2, 4]], []]);
});

test('a formula that was filled down stands in its first cell; $ keeps a column or a row', async () => {
  const first = '<c r="B2"><f t="shared" ref="B2:B4" si="0">IMAGE($C$2&amp;"/"&amp;D2)</f></c>';
  const next = (at: string): string => `<c r="${at}"><f t="shared" si="0"/></c>`;
  const { images, warnings } = await read(
    HEADER,
    row(2, 'A', first, 'https://a.example', '2.jpg'),
    row(3, 'B', next('B3'), '', '3.jpg'),
    row(4, 'C', next('B4'), '', '4.jpg'),
  );
  assert.deepEqual(
    images,
    [2, 3, 4].map((n) => [`https://a.example/${n}.jpg`]),
  );
  assert.deepEqual(warnings, []);
});

test('numbers are joined without their formats, as spreadsheets do', async () => {
  const styles =
    '<numFmts><numFmt numFmtId="164" formatCode="00000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>';
  const rows =
    HEADER + row(2, '<c r="A2" s="1"><v>7</v></c>', formula('B2', 'IMAGE("https://a.example/"&A2&".jpg")'));
  const { products } = await readingOf(workbook({ sheets: [{ name: 'A', rows }], styles }));
  assert.deepEqual([products[0]?.sku, products[0]?.images[0]?.url], ['00000007', 'https://a.example/7.jpg']);
});

test('an address that cannot be computed is told with its cell, unless the cell has an address', async () => {
  const filler = Array.from({ length: 25 }, (_, i) => row(i + 9, `F${i}`, 'https://a.example/f.jpg'));
  const { images, warnings, details } = await read(
    HEADER,
    row(2, 'A', formula('B2', 'IMAGE(Links!A2)')),
    row(3, 'B', formula('B3', 'IMAGE(VLOOKUP(A3,Links!A:B,2))')),
    row(4, 'C', formula('B4', 'IMAGE(D99)')),
    row(5, 'D', formula('B5', 'IMAGE(D5&".jpg")')),
    row(
      6,
      'E',
      formula('B6', 'HYPERLINK(Links!A6)', ' t="str"').replace('</c>', '<v>https://a.example/6.jpg</v></c>'),
    ),
    row(7, 'F', formula('B7', 'IMAGE(D7)')),
    row(8, 'G', formula('B8', 'IMAGE([@Link])')),
    ...filler,
    row(40, 'H', formula('B40', 'IMAGE(B30)')),
  );
  const unread = warnings.filter(([code]) => code === 'formula_not_read');
  assert.deepEqual(
    unread.map(([, line, column]) => [line, column]),
    [2, 3, 4, 5, 8, 40].map((line) => [line, 2]),
  );
  assert.match(details[0] ?? '', /^Cell B2 shows an address that its formula takes from another sheet/);
  assert.deepEqual(images[4], ['https://a.example/6.jpg']);
  assert.ok(
    warnings.some(([code, line]) => code === 'no_images' && line === 7),
    'D7 is empty: there is no image',
  );
});

test('a call counts where it is the whole formula, but for what is shown where it fails or a cell is empty', () => {
  const address = (formula: string) => {
    const found = addressIn(formula);
    return typeof found === 'object' ? found.map((each) => typeof each === 'object' && each.line) : found;
  };
  for (const whole of [
    'IMAGE(B2)',
    '_xlfn.IMAGE(B2,"a (""b"")",1)',
    '+HYPERLINK(B2,_xlfn.IMAGE(C3))',
    'IFERROR(_xlfn.IMAGE(B2),"")',
    'IFERROR(IF(ISBLANK(B2),"",IMAGE(B2)),"none")',
    'IF($B$2="","",IMAGE(B2))',
    'IF(B2<>"",IMAGE(B2),"")',
    'IFERROR(__xludf.DUMMYFUNCTION("IF(B2="""","""",IMAGE(B2))"),"")',
  ])
    assert.deepEqual(address(whole), [2], whole);
  for (const other of [
    'IF(D2="",IMAGE(B2),IMAGE(C2))',
    'IF(B2<>"",IMAGE(B2),IMAGE(C2))',
    'IF(D2="","",IMAGE(B2))',
    'CHOOSE(D2,IMAGE(B2),IMAGE(C2))',
    'HYPERLINK(B2)&".jpg"',
    '"see "&HYPERLINK(B2)',
  ])
    assert.equal(address(other), 'unknown', other);
  assert.equal(address('SUM(B2)'), undefined);
});

test('a formula without a stored value is told by its cell, in columns with a role; an empty text is a value', async () => {
  const url = 'https://a.example/1.jpg';
  const { skus, warnings, details } = await read(
    HEADER,
    row(2, formula('A2', 'C2&"-1"'), url),
    row(3, 'B', '<c r="B3"><f>C3</f><v/></c>'),
    row(4, 'C', '<c r="B4" t="str"><f>C4</f><v></v></c>'),
    row(5, 'D', url, formula('C5', '1+1')),
    row(6, formula('A6', 'C6'), formula('B6', 'C6')),
    row(7, '', '', formula('C7', 'A7')),
  );
  assert.deepEqual(
    skus,
    [undefined, 'B', 'C', 'D', undefined],
    'a row of formulas counts, one that was filled down too far does not',
  );
  assert.deepEqual(
    warnings.filter(([code]) => code === 'formula_without_value').map(([, ...place]) => place),
    [
      [2, 1],
      [3, 2],
      [6, 1],
      [6, 2],
    ],
  );
  assert.match(details[0] ?? '', /^Cell A2 has a formula whose value is not in the file/);
});

test('an error in an image cell is told as what it is, and stays a text in others', async () => {
  const error = (at: string, value: string): string => `<c r="${at}" t="e"><f>X</f><v>${value}</v></c>`;
  const { skus, details, errors } = await read(
    HEADER,
    row(2, error('A2', '#N/A'), error('B2', '#N/A')),
    row(3, 'B', error('B3', '#SPILL!')),
  );
  assert.equal(skus[0], '#N/A');
  assert.match(details[0] ?? '', /^"#N\/A" is an error of the spreadsheet \(a lookup found nothing\)/);
  assert.deepEqual(errors, [
    'invalid_url "#SPILL!" is not an image URL: it is an error of the spreadsheet (the cells beside it are not empty); correct the formula of the cell.',
  ]);
});

test('where Excel has computed IMAGE(), the address is that from which it had the picture, whatever the formula', async () => {
  const urls = ['https://a.example/1.jpg', 'https://a.example/2.jpg?x=1&y=2'];
  const { products, reading } = await readingOf(webImageWorkbook(urls));
  assert.deepEqual(
    products.map(({ images }) => images.map(({ url }) => url)),
    urls.map((url) => [url]),
  );
  assert.deepEqual(reading.warnings.first, []);
});
