import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberFormat } from '../../src/workbook/number-format.ts';
import { shownNumber } from '../../src/workbook/show-number.ts';
import { readingOf } from '../support/read-workbook.ts';
import { workbook } from '../support/workbooks.ts';

const shown = (
  value: string,
  code?: string,
  { id = code === undefined ? 0 : 164, is1904 = false } = {},
): string => shownNumber(value, numberFormat(id, code), is1904);

test('a number is shown in full, up to the 15 digits that a workbook can hold', () => {
  const numbers = [
    ['1', '1'],
    ['1.0', '1'],
    ['-12', '-12'],
    ['4006381333931', '4006381333931'],
    ['999999999999999', '999999999999999'],
    ['4.006381333931E+12', '4006381333931'],
    ['0.1', '0.1'],
    ['0.30000000000000004', '0.3'],
    ['19.989999999999998', '19.99'],
    ['1E-7', '1E-7'],
    ['0', '0'],
    ['not a number', 'not a number'],
  ] as const;
  for (const [value, text] of numbers) assert.equal(shown(value), text);
  assert.equal(shown('19.989999999999998', '0.00'), '19.99');
  assert.equal(shown('1234567.5', '#,##0.00\\ "€"'), '1234567.5', 'the format of a price is for people');
  assert.equal(shown('0.25', '0%'), '0.25');
});

test('zeros of a format are part of the number, and texts around them', () => {
  const padded = [
    ['1', '00000000', '00000001'],
    ['123456789', '00000000', '123456789'],
    ['1', '"SKU-"0000', 'SKU-0001'],
    ['12345', '000\\-000', '012-345'],
    ['12345678', '000-000', '12345-678'],
    ['7', '[Red]0000;[Blue]-0000', '0007'],
    ['-7', '0000', '-0007'],
    ['7.5', '0000', '7.5'],
    ['7', '_-* 0000_-', '0007'],
    ['7', '[$-407]0000', '0007'],
    ['7', '0', '7'],
    ['7', '@', '7'],
    ['7', '#', '7'],
    ['7', '[<10]0000;0', '7'],
  ] as const;
  for (const [value, code, text] of padded) assert.equal(shown(value, code), text, code);
});

test('a date is one by its format, in any language, and counts from the year of the workbook', () => {
  const dates = [
    ['46356', 'dd/mm/yyyy', '2026-11-30'],
    ['46356', 'yyyy"年"m"月"d"日";@', '2026-11-30'],
    ['46356', '[$-409]mmmm\\ d\\,\\ yyyy;@', '2026-11-30'],
    ['46356.5', 'yyyy-mm-dd hh:mm:ss', '2026-11-30 12:00:00'],
    ['46356.999999', 'd.m.yy h:mm', '2026-12-01 00:00:00'],
    ['0.25', 'h:mm AM/PM', '06:00:00'],
    ['1.25', '[h]:mm', '30:00:00'],
    ['1', 'yyyy-mm-dd', '1900-01-01'],
    ['59', 'yyyy-mm-dd', '1900-02-28'],
    ['61', 'yyyy-mm-dd', '1900-03-01'],
    ['2958466', 'yyyy-mm-dd', '2958466'],
    ['-1', 'yyyy-mm-dd', '-1'],
    ['5', '"dry "0', 'dry 5'],
    ['5', '0.0" months"', '5'],
    ['5', '[Red]General', '5'],
  ] as const;
  for (const [value, code, text] of dates) assert.equal(shown(value, code), text, `${value} as ${code}`);
  assert.equal(shown('44894', 'yyyy-mm-dd', { is1904: true }), '2026-11-30');
  assert.equal(shown('46356', undefined, { id: 14 }), '2026-11-30');
  assert.equal(shown('0.5', undefined, { id: 20 }), '12:00:00');
  assert.equal(shown('5', undefined, { id: 2 }), '5');
});

test('a SKU of more than 15 digits in a cell of numbers was rounded, and is told', async () => {
  const cell = (at: string, text: string): string => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const rows = `<row r="1">${cell('A1', 'SKU')}${cell('B1', 'Image')}</row><row r="2"><c r="A2"><v>1234567890123450</v></c>${cell('B2', 'https://a.example/1.jpg')}</row>`;
  const { reading, products } = await readingOf(workbook({ sheets: [{ name: 'A', rows }] }));
  assert.equal(products[0]?.sku, '1.23456789012345E+15');
  assert.deepEqual(
    reading.warnings.first.map(({ code, line, column }) => [code, line, column]),
    [['sku_rounded', 2, 1]],
  );
});
