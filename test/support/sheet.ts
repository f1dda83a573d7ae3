import assert from 'node:assert/strict';
import { SaxesParser } from 'saxes';
import { readZip } from './zip.ts';

/**
 * The rows of a workbook of ours, as a parser of XML and Excel's escapes read them; '' for a cell that is missing.
 * @param width how many cells each row has
 */
export async function sheetRows(workbook: Buffer, width: number): Promise<string[][]> {
  const sheet = (await readZip(workbook)).get('xl/worksheets/sheet1.xml');
  assert.ok(sheet);
  const rows: string[][] = [];
  let [row, column] = [0, 0];
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'row') rows.push(Array.from({ length: width }, () => ''));
    if (name !== 'c') return;
    assert.equal(attributes['t'], 'inlineStr', 'every cell is text');
    const [, letters = '', digits] = /^([A-Z]+)(\d+)$/.exec(attributes['r'] ?? '') ?? [];
    [row, column] = [Number(digits) - 1, columnOf(letters)];
    assert.equal(row, rows.length - 1);
  });
  parser.on('text', (text) => {
    const cells = rows[row];
    if (cells) cells[column] = unescaped(text);
  });
  parser.write(sheet.toString()).close();
  return rows;
}

function columnOf(letters: string): number {
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function unescaped(text: string): string {
  return text.replaceAll(/_x([\da-f]{4})_/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}
