import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddress } from '../../src/csv/cells/address.ts';
import {
  GRAMMAR,
  MAX_CELL_CHARACTERS,
  rewritten,
  type SlotColumns,
  slotsOfCells,
  slotsOfRow,
} from '../../src/csv/cells/slots.ts';
import { takesAtMost } from '../support/cpu.ts';

/** What of a cell can be taken for the beginning or the end of something, or for both. */
const UNITS = [
  ...[
    '"http://a',
    '![a](http://a)',
    "'http://a",
    '(http://a',
    '(http://a ',
    '[http://a [',
    '<http://a',
    '“http://a',
  ],
  ...['{"a":"http://a"}', 'http://a', 'http://a,', 'http://a.jpg,b.jpg?', 'http://a.jpg?', 'a.jpg,b.jpg?c'],
  ...[
    '、";.png?',
    '，{www.a.::',
    '::<\\/\\/www.',
    'http://&#44;{</p>“',
    '<img src="http://a">',
    '<a href="http://a">',
  ],
  ...[
    '<a ',
    '<img ',
    '<br',
    '<br ',
    '</p',
    '=hyperlink("http://a"',
    '&#0',
    '&#0000058;',
    'http&#00',
    'http:/',
    '//a',
  ],
  ...[',//a', ' www.', ' www.a.', '\\/\\/', 'http:\\/\\/a', 'http%3a%2f%2f', 'hxxp', 'ftp://', 'data:image/'],
  ...[
    ' ',
    '  x',
    '\t',
    '\n',
    ', ',
    ' ,',
    ' x',
    '; ',
    '.',
    '"',
    "'",
    ']',
    '> ',
    '&nbsp;',
    '::',
    '-',
    '- ',
    'a=',
    'a: ',
  ],
];

test('a cell is split in linear time, whatever it repeats', () => {
  for (const unit of UNITS)
    for (const beginning of ['', 'http://a "'])
      for (const end of ['', ' http://b/c.jpg']) {
        const room = MAX_CELL_CHARACTERS - beginning.length - end.length;
        const cell = beginning + unit.repeat(room / unit.length) + end;
        const what = JSON.stringify([beginning, unit, end]);
        takesAtMost(4_000, what, () => judge(cell, GRAMMAR));
        takesAtMost(4_000, `${what} by the first grammar`, () => judge(cell, undefined));
      }
});

function judge(cell: string, grammar: SlotColumns['grammar']): void {
  const columns: SlotColumns = { images: [0], ...(grammar ? { grammar } : {}) };
  const { slots } = slotsOfRow([cell], columns);
  for (const slot of slots) readAddress(slot, true);
  for (const each of slotsOfCells([cell], columns)) rewritten({ ...each, slots: each.slots.map(() => 'x') });
}

test('marks between addresses are found behind many spaces, and behind a mark with spaces', () => {
  const separatorsOf = (cell: string): string[] =>
    slotsOfRow([cell], { images: [0], grammar: GRAMMAR }).separators;
  const [a, b] = ['https://a.example/1.jpg', 'https://b.example/2.jpg'];
  assert.deepEqual(separatorsOf(`${a}"   ,  "${b}`), ['   ,  ']);
  assert.deepEqual(separatorsOf(`${a} " ; big \t| "${b}`), [' \t| ']);
});
