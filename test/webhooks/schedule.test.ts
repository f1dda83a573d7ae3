import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SCHEDULE, parseSchedule, waitAfter } from '../../src/webhooks/schedule.ts';

const QUIET = { retryAfterMs: undefined, isOverloaded: false };

test('the default has 10 attempts in 75 h 35 m 5 s, each wait within a fifth', () => {
  assert.equal(DEFAULT_SCHEDULE.length, 10);
  assert.equal(
    DEFAULT_SCHEDULE.reduce((sum, wait) => sum + wait, 0),
    ((75 * 60 + 35) * 60 + 5) * 1000,
  );
  for (let attempt = 1; attempt < 10; attempt += 1) {
    const base = DEFAULT_SCHEDULE[attempt] ?? 0;
    assert.equal(waitAfter(DEFAULT_SCHEDULE, attempt, QUIET, 0.5), base);
    assert.ok(Math.abs((waitAfter(DEFAULT_SCHEDULE, attempt, QUIET, 0) ?? 0) - base * 0.8) < 1);
    assert.ok(Math.abs((waitAfter(DEFAULT_SCHEDULE, attempt, QUIET, 1) ?? 0) - base * 1.2) < 1);
  }
  assert.equal(waitAfter(DEFAULT_SCHEDULE, 10, QUIET, 0.5), undefined);
});

test('Retry-After counts between the wait and twice the wait, and overload waits a minute', () => {
  const schedule = [0, 100_000];
  const wait = (retryAfterMs: number | undefined, isOverloaded = false): number | undefined =>
    waitAfter(schedule, 1, { retryAfterMs, isOverloaded }, 0.5);
  assert.equal(wait(1_000), 100_000);
  assert.equal(wait(150_000), 150_000);
  assert.equal(wait(900_000), 200_000);
  assert.equal(waitAfter([0, 1_000], 1, { retryAfterMs: undefined, isOverloaded: true }, 0.5), 60_000);
});

test('a schedule is parsed from its delays', () => {
  assert.deepEqual(parseSchedule('0, 500ms,5s,5m,2h'), [0, 500, 5_000, 300_000, 7_200_000]);
  assert.equal(parseSchedule('soon'), undefined);
  assert.equal(parseSchedule(''), undefined);
});
