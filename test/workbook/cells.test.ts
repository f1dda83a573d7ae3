import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, readingOf, rowsOf } from '../support/read-workbook.ts';
import { cellName, textRows, workbook } from '../support/workbooks.ts';

const book = (rows: string, more: object = {}): Buffer =>
  workbook({ sheets: [{ name: 'A', rows }], ...more });
const text = (at: string, content: string): string =>
  `<c r="${at}" t="inlineStr"><is><t>${content}</t></is></c>`;

test('texts with several fonts are one, without phonetic readings, with the characters that XML cannot hold', async () => {
  const strings =
    '<si><r><t>Red </t></r><r><rPr><b/></rPr><t>mug</t></r></si>' +
    '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>' +
    '<si><t>two_x000D_\nlines_x005F_x000D_</t></si><si/><si><t><![CDATA[<b>]]></t></si>';
  const rows = `<row r="1">${[0, 1, 2, 3, 4].map((i) => `<c r="${cellName(i, 1)}" t="s"><v>${i}</v></c>`).join('')}</row>`;
  assert.deepEqual(await cellsOf(book(rows, { strings })), [
    ['Red mug', '東京', 'two\r\nlines_x000D_', '', '<b>'],
  ]);
});

test('values of formulas, errors, booleans and dates are read as they are shown', async () => {
  const rows =
    '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>A2&amp;"x"</f><v>ax</v></c>' +
    '<c r="C1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D1" t="b"><v>1</v></c><c r="E1" t="d"><v>2026-11-30T00:00:00</v></c>' +
    '<c r="F1"><f>NOW()</f></c><c r="G1" t="s"/><c r="H1" s="99"><v>7</v></c></row>';
  assert.deepEqual(await cellsOf(book(rows)), [
    ['2', 'ax', '#DIV/0!', 'TRUE', '2026-11-30T00:00:00', '', '', '7'],
  ]);
});

test('a text that a cell does not show is not moved into another one', async () => {
  const rows = `<row r="1">${text('A1', 'a')}<c r="B1"><is><t>lost</t></is><v>7</v></c><c r="C1" t="inlineStr"/>${text('D1', 'd')}</row>`;
  assert.deepEqual(await cellsOf(book(rows)), [['a', '7', '', 'd']]);
});

test('rows have the numbers that the program shows; empty ones are left out, hidden ones are not', async () => {
  const rows =
    `<row r="2">${text('A2', 'a')}${text('C2', 'c')}</row><row r="3"/><row r="5" hidden="1"><c r="A5" s="1"/>${text('B5', 'b')}</row>` +
    `<row>${text('', 'next')}</row>`;
  assert.deepEqual(
    (await rowsOf(book(rows))).map(({ line, cells }) => [line, cells]),
    [
      [2, ['a', '', 'c']],
      [5, ['', 'b', '']],
      [6, ['next', '', '']],
    ],
  );
});

test('a link counts where the text of an image cell is no address, and nowhere else', async () => {
  const rows = textRows([
    ['SKU', 'Name', 'Images'],
    ['A', 'Mug', 'photo'],
    ['B', 'Cup', 'https://a.example/text.jpg'],
    ['C', 'Pot', 'letter'],
  ]);
  const links = ['B2', 'C2:C3', 'C4'].map((ref, i) => `<hyperlink ref="${ref}" r:id="rId${i}"/>`).join('');
  const sheet = {
    name: 'A',
    rows,
    tail: `<mergeCells/><hyperlinks>${links}<hyperlink ref="A1" location="Sheet2!A1"/></hyperlinks>`,
    relations: ['https://shop.example/mug', 'https://a.example/linked.jpg', 'mailto:a@a.example'].map(
      (target, i) => ({
        id: `rId${i}`,
        type: 'hyperlink',
        target,
        isExternal: true,
      }),
    ),
  };
  const { products, reading } = await readingOf(workbook({ sheets: [sheet] }));
  assert.deepEqual(
    products.map(({ name, images }) => [name, images.map(({ url }) => url)]),
    [
      ['Mug', ['https://a.example/linked.jpg']],
      ['Cup', ['https://a.example/text.jpg']],
      ['Pot', ['letter']],
    ],
  );
  assert.deepEqual(
    reading.errors.first.map(({ code, line }) => [code, line]),
    [['invalid_url', 4]],
  );
});

test('a merged cell of the header names all its columns, over one row or two; a title above is none', async () => {
  const rows = textRows([
    ['Our catalogue of pictures', '', '', '', ''],
    ['SKU', 'Images', '', '', 'Name'],
    ['A', 'https://a.example/1.jpg', 'https://a.example/2.jpg', 'https://a.example/3.jpg', 'Mug'],
  ]);
  const tail = '<mergeCells count="2"><mergeCell ref="A1:E1"/><mergeCell ref="B2:D2"/></mergeCells>';
  const one = await readingOf(workbook({ sheets: [{ name: 'A', rows, tail }] }));
  assert.deepEqual(one.reading.header, ['SKU', 'Images', 'Images', 'Images', 'Name']);
  assert.equal(one.products[0]?.images.length, 3);
  assert.equal(one.reading.headerLine, 2);

  const two = await readingOf(
    workbook({
      sheets: [
        {
          name: 'A',
          rows: textRows([
            ['SKU', 'Images', ''],
            ['', 'Image 1', 'Image 2'],
            ['A', 'https://a.example/1.jpg', 'https://a.example/2.jpg'],
          ]),
          tail: '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/></mergeCells>',
        },
      ],
    }),
  );
  assert.deepEqual(two.reading.header, ['SKU', 'Image 1', 'Image 2']);
  assert.deepEqual(
    two.products.map(({ sku, images }) => [sku, images.length]),
    [['A', 2]],
  );
});

test('rows above the header come back in the output as lines of a CSV', async () => {
  const rows = textRows([['Prices, 2026', ''], [], ['SKU', 'Image'], ['A', 'https://a.example/1.jpg']]);
  const { reading } = await readingOf(workbook({ sheets: [{ name: 'A', rows }] }));
  assert.deepEqual(reading.format?.written, {
    encoding: 'utf-8',
    lineEnd: '\r\n',
    lastLineEnds: true,
    above: '"Prices, 2026"\r\n',
    below: '',
  });
  assert.equal(reading.format?.kind, 'xlsx');
  assert.deepEqual(
    reading.warnings.first.map(({ code, line }) => [code, line]),
    [['lines_above_header', 3]],
  );
});
