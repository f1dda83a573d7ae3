import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Package } from '../../src/workbook/package.ts';
import { readSheetTail } from '../../src/workbook/sheet-tail.ts';
import { openZip } from '../../src/zip/zip-file.ts';
import { newFolder } from '../support/folder.ts';
import { readingOf, refusalOf } from '../support/read-workbook.ts';
import { type BuiltSheet, relationsPart, textRows, workbook, workbookParts } from '../support/workbooks.ts';
import { buildZip } from '../support/zip-builder.ts';

const products = (name: string, sku: string, state?: BuiltSheet['state']): BuiltSheet => ({
  name,
  rows: textRows([
    ['SKU', 'Images'],
    [sku, 'https://a.example/1.jpg'],
  ]),
  ...(state && { state }),
});
const notes: BuiltSheet = {
  name: 'Notes',
  rows: textRows([['Read me'], ['Pictures are on the next sheet']]),
};

async function skuOf(sheets: BuiltSheet[], sheet?: string): Promise<string | undefined> {
  const { products: rows } = await readingOf(workbook({ sheets }), { sheet });
  return rows[0]?.sku;
}

test('the only sheet with an image column is read, wherever it is; hidden ones are not looked at', async () => {
  assert.equal(await skuOf([notes, products('Table', 'A')]), 'A');
  assert.equal(await skuOf([products('Old', 'old', 'hidden'), notes, products('Table', 'A')]), 'A');
  const { reading } = await readingOf(workbook({ sheets: [notes, products('Table', 'A')] }));
  assert.deepEqual(reading.sheet, { name: 'Table', all: ['Notes', 'Table'] });
});

test('the option sheet chooses by name, in any case, or by the number that the program shows', async () => {
  const sheets = [products('Old', 'hidden', 'veryHidden'), products('2', 'named 2'), products('Men', 'men')];
  assert.equal(await skuOf(sheets, 'men'), 'men');
  assert.equal(await skuOf(sheets, '2'), 'named 2', 'a name comes before a number');
  assert.equal(await skuOf(sheets, '1'), 'named 2');
  assert.equal(await skuOf(sheets, 'Old'), 'hidden');
});

test('where it is not clear which sheet is meant, the error names them', async () => {
  const several = workbook({ sheets: [products('Men', 'a'), notes, products('Women', 'b')] });
  assert.deepEqual(await refusalOf(several), {
    code: 'sheet_not_chosen',
    line: 1,
    detail:
      'The workbook has 2 sheets with an image column: "Men", "Women". Choose one with the option sheet, by its name or number.',
  });
  const none = workbook({ sheets: [notes, { ...notes, name: 'More' }] });
  assert.match(
    (await refusalOf(none))?.detail ?? '',
    /several sheets, none with an image column: "Notes", "More"/,
  );
  assert.equal((await refusalOf(workbook({ sheets: [notes] })))?.code, 'no_image_column');
  assert.deepEqual(await refusalOf(several, { sheet: 'Kids' }), {
    code: 'no_such_sheet',
    line: 1,
    detail: 'There is no sheet "Kids"; the workbook has "Men", "Notes", "Women".',
  });
  const parts = workbookParts({ sheets: [notes] });
  const relations = relationsPart('xl/_rels/workbook.xml.rels', [
    { id: 'rId1', type: 'chartsheet', target: 'chartsheets/sheet1.xml' },
  ]);
  const chart = [...parts.filter(({ name }) => name !== relations.name), relations];
  assert.equal(
    (await refusalOf(buildZip(chart), { sheet: 'Kids' }))?.detail,
    'There is no sheet "Kids"; the workbook has no sheet with cells.',
  );
  const many = Array.from({ length: 101 }, (_, i) => ({ ...notes, name: `N${i}` }));
  assert.match(
    (await refusalOf(workbook({ sheets: many })))?.detail ?? '',
    /101 sheets, the first 100 without an image column: "N0",/,
  );
  assert.equal(
    (await refusalOf(workbook({ sheets: [products('A', 'a', 'hidden')] })))?.code,
    'no_such_sheet',
  );
});

test('a sheet that is read twice counts once against what a workbook may unpack to', async () => {
  await using folder = await newFolder();
  const path = join(folder.path, 'a.xlsx');
  await writeFile(path, workbook({ sheets: [{ name: 'A', rows: textRows([['x'.repeat(60_000)]]) }] }));
  await using file = await open(path);
  const parts = new Package(await openZip(file, (await file.stat()).size), 100_000);
  const part = parts.find('xl/worksheets/sheet1.xml');
  assert.ok(part);
  await readSheetTail(parts, part);
  assert.ok((await Array.fromAsync(parts.read(part))).length > 0);
  await assert.rejects(Array.fromAsync(parts.read(part)), /unpacks to more than/);
});

test('a mapping of columns counts for the choice', async () => {
  const own = {
    name: 'Own',
    rows: textRows([
      ['Nr', 'Ansicht'],
      ['A', 'https://a.example/1.jpg'],
    ]),
  };
  const { products: rows } = await readingOf(workbook({ sheets: [notes, own] }), {
    mapping: { images: 'Ansicht', sku: 'Nr' },
  });
  assert.equal(rows[0]?.sku, 'A');
});
