import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check, property, string } from 'fast-check';
import { SaxesParser } from 'saxes';
import type { Problem } from '../../src/errors.ts';
import { XlsxFile } from '../../src/results/xlsx.ts';
import { columnLetters } from '../../src/results/xlsx-rows.ts';
import { newFolder } from '../support/folder.ts';
import { sheetRows } from '../support/sheet.ts';
import { readZip } from '../support/zip.ts';

const TIME = new Date('2026-11-30T12:00:00Z');

async function workbookOf(header: string[], rows: string[][]): Promise<Buffer> {
  await using folder = await newFolder();
  await using file = await XlsxFile.open(folder.path, header);
  await file.add(rows);
  await file.end();
  return Buffer.concat(await Array.fromAsync(file.read(TIME)));
}

async function readBack(cells: string[]): Promise<string[]> {
  const [, ...rows] = await sheetRows(
    await workbookOf(
      ['SKU'],
      cells.map((cell) => [cell]),
    ),
    1,
  );
  return rows.flat();
}

describe('a workbook of text', () => {
  test('has the parts that Excel needs, all of them well-formed', async () => {
    const files = await readZip(await workbookOf(['SKU', 'Image'], [['1', 'https://a.example/1.jpg']]));
    assert.deepEqual(
      [...files.keys()],
      [
        '[Content_Types].xml',
        '_rels/.rels',
        'xl/workbook.xml',
        'xl/_rels/workbook.xml.rels',
        'xl/styles.xml',
        'xl/worksheets/sheet1.xml',
      ],
    );
    for (const content of files.values()) new SaxesParser({ xmlns: true }).write(content.toString()).close();
    const types = files.get('[Content_Types].xml')?.toString() ?? '';
    for (const [, part] of types.matchAll(/PartName="\/([^"]+)"/g))
      assert.ok(files.has(part ?? ''), String(part));
    assert.match(
      String(files.get('xl/worksheets/sheet1.xml')),
      /<pane ySplit="1" topLeftCell="A2"[^>]* state="frozen"\/>/,
    );
  });

  test('keeps every text as it is', async () => {
    const cells = [
      '00000001',
      '1E5',
      '1234567890123456',
      "=cmd|' /C calc'!A0",
      '+1',
      '@SUM(A1)',
      '<b>&amp;</b> "quoted"',
      ' spaces at both ends ',
      'lines\nand\r\nlines\rand\ttabs',
      '_x000D_ and _x005F_x000D_',
      '\u0001\u0008\u000b\u001f',
      '\ufffe\uffff',
      'https://a.example/?a=1&b=_x0041_',
      '😀 Größe',
      'true',
      '2026-11-30',
    ];
    assert.deepEqual(await readBack(cells), cells);
    assert.deepEqual(await readBack(['half \ud83d of a pair']), ['half \ufffd of a pair']);
  });

  test('keeps any text', async () => {
    const texts: string[] = [];
    check(
      property(string({ unit: 'binary', maxLength: 20 }), (text) => texts.push(text) > 0),
      { numRuns: 500 },
    );
    assert.deepEqual(await readBack(texts), texts);
  });

  test('refuses what does not fit, and names output.csv', async () => {
    const longest = 'x'.repeat(32_767);
    assert.deepEqual(await readBack([longest]), [longest]);
    await assert.rejects(
      readBack(['', `${longest}x`]),
      (error: Problem) =>
        error.code === 'conflict' &&
        /^A cell .* SKU of product 2 has more: take output\.csv\.$/.test(error.message),
    );
  });

  test('holds 1,048,575 products, and not one more', async () => {
    await using folder = await newFolder();
    await using file = await XlsxFile.open(folder.path, ['SKU']);
    const row: string[] = [];
    await file.add(Array.from({ length: 1_048_575 }, () => row));
    await assert.rejects(
      file.add([['1048577']]),
      (error: Problem) =>
        error.code === 'conflict' &&
        error.message === 'A sheet holds 1048575 products, and this batch has more: take output.csv.',
    );
  });

  test('names columns as Excel does', () => {
    assert.deepEqual(
      [0, 25, 26, 51, 52, 701, 702, 16_383].map((column) => columnLetters(column)),
      'A Z AA AZ BA ZZ AAA XFD'.split(' '),
    );
  });
});
