import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { MemoryBudget } from '../../src/results/memory-budget.ts';

test('turns take in their order and never more than the budget, except one that is alone', async () => {
  const budget = new MemoryBudget(10);
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
  const budget = new MemoryBudget(10);
  const [first, second] = [budget.enter(), budget.enter()];
  first.leave();
  await second.take(10);
});
