import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GRAMMAR, joinSlots, type SlotColumns, slotsOfRow } from '../../../src/csv/cells/slots.ts';

const LAST: SlotColumns = { images: [2], spill: 3, grammar: GRAMMAR };
const MIDDLE: SlotColumns = { images: [1], grammar: GRAMMAR };
const [A, B, C] = ['https://a.example/1.jpg', 'http://b.example/2.jpg?x=1,2', 'HTTPS://c.example/3.jpg'];

function slots(cell: string): string[] {
  return slotsOfRow(['1', 'P', cell], LAST).slots;
}

test('URLs in one cell are separated by commas, bars, spaces or lines', () => {
  for (const separator of [',', ', ', ' , ', '|', ' | ', ' ', '\n', '\r\n', ',\n'])
    assert.deepEqual(slots(`${A}${separator}${B}${separator}${C}`), [A, B, C], JSON.stringify(separator));
});

test('a URL may hold commas, bars and other URLs', () => {
  const proxied = `https://cdn.example/fetch/w_200,h_100/https://a.example/1.jpg`;
  assert.deepEqual(slots(proxied), [proxied]);
  assert.deepEqual(slots(`${proxied},${A}`), [proxied, A]);
  assert.deepEqual(slots('https://a.example/x|y.jpg'), ['https://a.example/x|y.jpg']);
});

test('an empty place between two URLs is a slot', () => {
  assert.deepEqual(slots(`${A},,${B}`), [A, '', B]);
  assert.deepEqual(slots(`${A}, ,${B}`), [A, '', B]);
  assert.deepEqual(slots(`,${A}`), ['', A]);
  assert.deepEqual(slots(`${A},`), [A, '']);
  assert.deepEqual(slots(''), []);
  assert.deepEqual(slots('   '), []);
});

test('URLs that spill into the columns behind are slots of the row, without the padding of the spreadsheet', () => {
  const row = slotsOfRow(['1', 'P', A, '', B, `${C}|${A}`, '', ''], LAST);
  assert.deepEqual(row.slots, [A, '', B, C, A]);
  assert.equal(joinSlots(row.slots, row.separators), `${A},,${B},${C}|${A}`);
  assert.deepEqual(slotsOfRow(['P', A, 'a note'], MIDDLE).slots, [A]);
});

test('joined again, the slots are the cell as it was', () => {
  for (const cell of [
    A,
    `${A},${B}`,
    `${A} | ${B}`,
    `${A},,,${B}`,
    `,${A}`,
    `${A},`,
    `${A}\n${B} ${C}`,
    'a.jpg, b.jpg',
  ]) {
    const { slots: parts, separators } = slotsOfRow(['1', 'P', cell], LAST);
    assert.equal(joinSlots(parts, separators), cell);
    assert.equal(separators.length, parts.length - 1);
  }
});

test('file names without a scheme are separated by commas', () => {
  assert.deepEqual(slots('front.jpg, photos/back side.jpg'), ['front.jpg', 'photos/back side.jpg']);
});

test('a cell of tens of thousands of separators is split in one walk', () => {
  const [spaces, commas] = [' '.repeat(60_000), ','.repeat(60_000)];
  assert.deepEqual(slots(`${A}${spaces}x`), [A]);
  assert.equal(slots(`${A}${spaces}${B}`).length, 2);
  assert.equal(slots(`${A}${commas}${B}`).length, 60_001);
  assert.equal(slots(`${A}${commas}`).length, 60_001);
});

test('an over-long cell stays as it is, and a row of many such cells is read', () => {
  const long = `${A},`.repeat(10_000);
  assert.deepEqual(slots(long), [long.trim()]);
  const spilled = Array.from({ length: 200_000 }, () => 'http://a.b/');
  assert.equal(slotsOfRow(['1', 'P', ...spilled], LAST).slots.length, 200_000);
});

test('an empty slot is never shown by white space alone', () => {
  const { separators } = slotsOfRow(['1', 'P', `${A}\n${B} ${C}`], LAST);
  assert.equal(joinSlots(['', 'b', 'c'], separators), ',b,c');
  assert.equal(joinSlots(['a', 'b', 'c'], separators), 'a\nb c');
});

test('batches that were accepted before cells had this grammar keep the slots that they were read with', () => {
  const before: SlotColumns = { images: [0, 1] };
  const row = [`${A};${B}`, `${C}, N/A,${A}`];
  assert.deepEqual(slotsOfRow(row, before).slots, [`${A};${B}`, `${C}, N/A`, A]);
  assert.deepEqual(slotsOfRow(row, { ...before, grammar: GRAMMAR }).slots, [A, B, C, 'N/A', A]);
  assert.deepEqual(slotsOfRow(['front.jpg;back.jpg,side.jpg'], { images: [0] }).slots, [
    'front.jpg;back.jpg',
    'side.jpg',
  ]);
});
