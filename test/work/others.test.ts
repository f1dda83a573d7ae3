import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { reportWorker } from '../../src/queue/workers.ts';
import { watchOthers } from '../../src/work/others.ts';
import { newServices, silent } from '../support/batches.ts';

/** A worker with images in hand, whose requests to the store fail since a minute. */
async function newTrouble(times = { patienceMs: 4_000, marginMs: 2_000 }) {
  const services = await newServices();
  const { db } = services.database;
  const state = { isPaused: true, inHand: 3, handedBack: 0 };
  const pump = {
    isPaused: () => state.isPaused,
    inHand: () => state.inHand,
    handBack: () => void (state.handedBack += 1),
  };
  const workerId = randomUUID();
  const others = watchOthers({ db, workerId, pump, log: silent }, times);
  others.failed(performance.now() - 60_000);
  const report = (id: string, storedAgoMs: number | undefined): Promise<unknown> =>
    reportWorker(
      db,
      { id, machine: 'm', version: '1', capacity: 1 },
      { inHand: 0, pausedBecause: [], storedAgoMs },
    );
  return {
    state,
    others,
    look: () => others.chore.run(),
    reportSelf: (storedAgoMs: number) => report(workerId, storedAgoMs),
    reportOther: (storedAgoMs: number | undefined) => report(randomUUID(), storedAgoMs),
    [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
  };
}

test('images go back when another worker stored something after this one could not, and not before', async () => {
  await using trouble = await newTrouble();
  const { state, look, reportSelf, reportOther } = trouble;
  await look();
  await reportSelf(1_000);
  await reportOther(undefined);
  await reportOther(70_000);
  await reportOther(59_000);
  await look();
  assert.equal(state.handedBack, 0, 'what was stored before, or just then, says nothing');
  await reportOther(30_000);
  await look();
  assert.equal(state.handedBack, 1, 'also if all others have nothing more to do');
});

test('a worker that is well, has nothing in hand, or has just got into trouble keeps its images', async () => {
  await using trouble = await newTrouble();
  const { state, look, reportOther } = trouble;
  await reportOther(1_000);
  for (const idle of [{ isPaused: false }, { inHand: 0 }]) {
    Object.assign(state, { isPaused: true, inHand: 3 }, idle);
    await look();
  }
  assert.equal(state.handedBack, 0);
  await using early = await newTrouble({ patienceMs: 90_000, marginMs: 0 });
  await early.reportOther(1_000);
  await early.look();
  assert.equal(early.state.handedBack, 0);
});

test('a worker that stores something itself is not cut off: its patience begins anew', async () => {
  await using trouble = await newTrouble();
  const { state, others, look, reportOther } = trouble;
  await reportOther(1_000);
  others.stored();
  assert.ok((others.storedAgoMs() ?? Number.NaN) < 60_000);
  await look();
  others.failed(performance.now());
  await look();
  assert.equal(state.handedBack, 0);
});
