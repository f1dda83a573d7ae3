import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../src/storage/bucket/pace.ts';

/** Occupies every place, and so many more wait. */
function occupy(pace: Pace, waiting: number): void {
  for (let i = 0; i < 48 + waiting; i += 1) void pace.inTurn(() => new Promise(() => {}));
}

function answer(pace: Pace, times: number): void {
  for (let i = 0; i < times; i += 1) pace.answered();
}

test('a halving is of what was under way, and once for all of it', () => {
  const pace = new Pace();
  const sentAt = performance.now();
  assert.equal(pace.limit, 16);
  for (let i = 0; i < 16; i += 1) pace.overloaded(sentAt);
  assert.equal(pace.limit, 8);
  pace.overloaded(performance.now() + 1);
  assert.equal(pace.limit, 4, 'what was sent after a halving is another overload');
});

test('the limit never ends below one, and grows by one a round of answers up to the highest', () => {
  const pace = new Pace();
  for (const later of [1e6, 2e6, 3e6, 4e6, 5e6, 6e6]) pace.overloaded(performance.now() + later);
  assert.equal(pace.limit, 1);
  occupy(pace, 10);
  answer(pace, 1 + 2 + 3);
  assert.equal(pace.limit, 4);
  answer(pace, 2_000);
  assert.equal(pace.limit, 48);
});

test('answers change nothing while nobody waits', () => {
  const pace = new Pace();
  answer(pace, 1_000);
  assert.equal(pace.limit, 16);
});
