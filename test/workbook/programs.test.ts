/** The same table as four programs write it, and as a CSV. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  excelWorkbook,
  googleWorkbook,
  libreOfficeWorkbook,
  TABLE,
  wpsWorkbook,
} from '../support/program-workbooks.ts';
import { readingOf } from '../support/read-workbook.ts';
import { escapeXml, textWorkbook, workbookParts } from '../support/workbooks.ts';
import { buildZip } from '../support/zip-builder.ts';

const CSV = Buffer.from(
  TABLE.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n'),
);

/** What a batch is made of: everything but the line, and what stood in quotation marks. */
async function meaningOf(file: Buffer) {
  const { reading, products } = await readingOf(file);
  assert.equal(reading.errors.count, 0, JSON.stringify(reading.errors.first));
  return {
    header: reading.header,
    columns: reading.format?.columns,
    warnings: reading.warnings.first.map(({ code, column }) => [code, column]),
    products: products.map(({ cells, name, sku, images, rowOptions }) => ({
      cells,
      name,
      sku,
      images,
      rowOptions,
    })),
  };
}

describe('a workbook has the rows that a CSV of the same table has', () => {
  const programs = {
    Excel: excelWorkbook,
    LibreOffice: libreOfficeWorkbook,
    'Google Sheets': googleWorkbook,
    'WPS Office': wpsWorkbook,
  };
  for (const [name, make] of Object.entries(programs))
    test(name, async () => {
      assert.deepEqual(await meaningOf(make()), await meaningOf(CSV));
    });

  test('inline strings only', async () => {
    assert.deepEqual(await meaningOf(textWorkbook(TABLE)), await meaningOf(CSV));
  });

  test('with a prefix at each element, as libraries write it, and parts that name each other by absolute paths', async () => {
    const rows = TABLE.map(
      (cells) =>
        `<x:row>${cells.map((cell) => `<x:c t="inlineStr"><x:is><x:t>${escapeXml(cell)}</x:t></x:is></x:c>`).join('')}</x:row>`,
    );
    const main = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
    const parts = workbookParts({ sheets: [{ name: 'Products', rows: '' }] }).map((part) => {
      const { name } = part;
      const content = String(part.content);
      if (name.endsWith('sheet1.xml'))
        return {
          name,
          content: `<x:worksheet ${main}><x:sheetData>${rows.join('')}</x:sheetData></x:worksheet>`,
        };
      if (name.endsWith('.rels'))
        return { name, content: content.replaceAll(/Target="(xl\/)?/g, 'Target="/xl/') };
      return {
        name,
        content: content.replaceAll(/<(\/?)(workbook|sheets?)\b/g, '<$1x:$2').replace('xmlns=', 'xmlns:x='),
      };
    });
    assert.deepEqual(await meaningOf(buildZip(parts)), await meaningOf(CSV));
  });

  test('a SKU keeps its zeros, its E and its 16 digits, and comes back in output.csv', async () => {
    const { products } = await readingOf(excelWorkbook());
    assert.deepEqual(
      products.map(({ sku, cells }) => [sku, cells[0], cells[2]]),
      [
        ['00000001', '00000001', '4006381333931'],
        ['1E5', '1E5', '1234567890123456'],
      ],
    );
  });
});
