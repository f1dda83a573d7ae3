import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Polling } from '../../src/queue/polling.ts';

const HOUR_MS = 3_600_000;

function polling(rules: { isWoken?: boolean; spacingMs?: number } = {}): Polling {
  const { isWoken = true, spacingMs = 0 } = rules;
  return new Polling({ everyMs: HOUR_MS, isWoken: () => isWoken, spacingMs: () => spacingMs });
}

test('a wait ends when the pump has capacity again, or is told of new tasks, also if that was before the wait', async () => {
  const pump = polling();
  const hurried = pump.wait();
  pump.hurry();
  await hurried;
  pump.wake();
  await pump.wait();
});

test('whoever is told of new tasks again and again looks no more often than it may', async () => {
  const pump = polling({ spacingMs: 100 });
  const startedAt = performance.now();
  for (let i = 0; i < 3; i += 1) {
    pump.looks();
    const waiting = pump.wait();
    for (let told = 0; told < 10; told += 1) pump.wake();
    await waiting;
  }
  assert.ok(performance.now() - startedAt > 290, 'three times the least distance');
});
