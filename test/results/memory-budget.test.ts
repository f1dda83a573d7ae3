import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { MemoryBudget } from '../../src/results/memory-budget.ts';

const never = new AbortController().signal;

test('turns take in their order and never more than the budget, except one that is alone', async () => {
  const budget = new MemoryBudget(10, never);
  const taken: number[] = [];
  const sizes = [4, 99, 6, 4, 1];
  const turns = sizes.map(() => budget.enter());
  const taking = turns.map(async (turn, i) => {
    await turn.take(sizes[i] ?? 0);
    taken.push(i);
    turn.leave();
  });
  const steps: number[][] = [];
  for (const size of [0, ...sizes]) {
    budget.release(size);
    for (let i = 0; i < 10; i += 1) await nextTurn();
    steps.push([...taken]);
  }
  assert.deepEqual(steps, [[0], [0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]);
  await Promise.all(taking);
});

test('a turn that takes nothing lets the next one take', async () => {
  const budget = new MemoryBudget(10, never);
  const [first, second] = [budget.enter(), budget.enter()];
  first.leave();
  await second.take(10);
});

test('whoever waits for room is told that nobody wants it any more', async () => {
  const ending = new AbortController();
  const budget = new MemoryBudget(10, ending.signal);
  const [first, ...others] = [1, 2, 3].map(() => budget.enter());
  await first?.take(10);
  first?.leave();
  const waiting = others.map((turn) => turn.take(1).finally(() => turn.leave()));
  ending.abort(new Error('gone'));
  for (const each of waiting) await assert.rejects(each, { message: 'gone' });
});
