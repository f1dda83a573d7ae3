import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pauses } from '../../src/queue/pauses.ts';
import { silent } from '../support/logs.ts';

test('after a pause a quarter of the capacity is used, and twice as much each second', () => {
  let now = 0;
  const pauses = new Pauses(silent, () => now);
  assert.equal(pauses.share(), 1, 'nothing was paused yet');
  pauses.set('trouble', 'the disk is full');
  pauses.set('schema', 'too new');
  now = 10_000;
  pauses.set('trouble', undefined);
  assert.equal(pauses.share(), 1, 'still paused');
  pauses.set('schema', undefined);
  assert.equal(pauses.share(), 0.25);
  now += 1_000;
  assert.equal(pauses.share(), 0.5);
  now += 1_000;
  assert.equal(pauses.share(), 1);
  now += 60_000;
  assert.equal(pauses.share(), 1);
});
