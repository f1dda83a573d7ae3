import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageTrouble } from '../../src/storage/storage.ts';
import { probeDelayMs, watchHealth } from '../../src/work/health.ts';

/** A part that is well or not as the test says, and a pump that remembers why it is paused. */
function watched(first?: Error) {
  const state: {
    trouble: Error | undefined;
    reason: string | undefined;
    probes: number;
    during?: () => void;
  } = { trouble: undefined, reason: first?.message, probes: 0 };
  const part = {
    async probe() {
      state.probes += 1;
      state.during?.();
      if (state.trouble) throw state.trouble;
    },
  };
  const pump = { pause: (_key: string, reason: string | undefined) => void (state.reason = reason) };
  return { state, health: watchHealth([part], pump, first) };
}

const away = new StorageTrouble('the store is away');

test('nothing is probed until something fails, and the first probe that finds all well ends the pause', async () => {
  const { state, health } = watched();
  await health.chore.run();
  assert.equal(state.probes, 0);
  health.failed(away);
  assert.equal(state.reason, 'the store is away');
  state.trouble = new StorageTrouble('the store answers 503');
  await health.chore.run();
  assert.equal(state.reason, 'the store answers 503');
  state.trouble = undefined;
  await health.chore.run();
  await health.chore.run();
  assert.deepEqual([state.reason, state.probes], [undefined, 2]);
});

test('trouble from the beginning is looked after too', async () => {
  const { state, health } = watched(away);
  await health.chore.run();
  assert.equal(state.reason, undefined);
});

test('a failure during a probe that finds all well keeps the pause', async () => {
  const { state, health } = watched(away);
  state.during = () => health.failed(new StorageTrouble('it failed again'));
  await health.chore.run();
  assert.equal(state.reason, 'it failed again');
});

test('a probe is due every two seconds, and every minute where settings of a bucket are wrong', () => {
  const within = (ms: number, trouble: Error): void => {
    const delays = Array.from({ length: 100 }, () => probeDelayMs(trouble));
    assert.ok(delays.every((delay) => delay >= ms / 2 && delay <= ms * 1.5));
    assert.ok(new Set(delays).size > 1, 'jitter');
  };
  within(2_000, away);
  within(2_000, new StorageTrouble('full', { kind: 'full' }));
  within(2_000, new StorageTrouble('read-only', { kind: 'unusable' }));
  within(60_000, new StorageTrouble('denied', { kind: 'settings' }));
});
