import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeFormula, unescapeFormula } from '../../src/csv/formulas.ts';

test('cells that a spreadsheet would run are made harmless, and come back as they were', () => {
  for (const cell of ['=1+1', '+cmd', '-x', '@SUM(A1)', '\tx', '\r=x', '＝1+1', '＠x']) {
    assert.equal(escapeFormula(cell), `'${cell}`);
    assert.equal(unescapeFormula(escapeFormula(cell)), cell);
  }
});

test('numbers, phone numbers and everything else stay as they are', () => {
  for (const cell of [
    '-12.50',
    '+49 (30) 1234-56',
    '+1',
    '',
    'a=b',
    "it's",
    "'quoted'",
    'https://a.example/1.jpg',
  ]) {
    assert.equal(escapeFormula(cell), cell);
    assert.equal(unescapeFormula(cell), cell);
  }
});
