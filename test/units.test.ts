import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes, parseDuration } from '../src/units.ts';

test('durations are parsed to milliseconds', () => {
  assert.equal(parseDuration('15'), 15_000);
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('2h'), 7_200_000);
  for (const wrong of ['-1s', '1.5s', '1 s', 's', '', '9999999999'])
    assert.equal(parseDuration(wrong), undefined, wrong);
});

test('sizes are parsed to bytes, in decimal and binary units', () => {
  assert.equal(parseBytes('30000000'), 30_000_000);
  assert.equal(parseBytes('30MB'), 30_000_000);
  assert.equal(parseBytes('30 mib'), 30 * 2 ** 20);
  for (const wrong of ['-1', '1.5MB', 'MB', '', '1TB']) assert.equal(parseBytes(wrong), undefined, wrong);
});
