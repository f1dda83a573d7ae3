import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchOthers } from '../../src/work/others.ts';
import { acceptUrls, newServices, silent } from '../support/batches.ts';
import { urls, work } from '../support/live.ts';

/** A worker with images in hand that cannot store them, and what others complete. */
async function newTrouble(patienceMs = 0) {
  const services = await newServices();
  await acceptUrls(services, urls(20));
  const state = { isPaused: true, inHand: 3, handedBack: 0 };
  const pump = {
    isPaused: () => state.isPaused,
    inHand: () => state.inHand,
    handBack: () => void (state.handedBack += 1),
  };
  const others = watchOthers({ db: services.database.db, pump, log: silent }, patienceMs);
  return {
    state,
    others,
    look: () => others.chore.run(),
    othersComplete: () => work(services, 1, 'complete'),
    othersFail: () => work(services, 1, 'fail'),
    [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
  };
}

test('images go back when others complete images meanwhile, and not before', async () => {
  await using trouble = await newTrouble();
  const { state, look, othersComplete, othersFail } = trouble;
  await othersComplete();
  await look();
  await look();
  assert.equal(state.handedBack, 0, 'what was completed before says nothing');
  await othersFail();
  await look();
  assert.equal(state.handedBack, 0, 'a failed image needs no store');
  await othersComplete();
  await look();
  assert.equal(state.handedBack, 1);
});

test('a worker that is well, has nothing in hand, or has just got into trouble does not look', async () => {
  await using trouble = await newTrouble();
  const { state, look, othersComplete } = trouble;
  for (const idle of [{ isPaused: false }, { inHand: 0 }]) {
    Object.assign(state, { isPaused: true, inHand: 3 }, idle);
    await look();
    await othersComplete();
    await look();
  }
  assert.equal(state.handedBack, 0);
  await using early = await newTrouble(60_000);
  await early.look();
  await early.othersComplete();
  await early.look();
  assert.equal(early.state.handedBack, 0);
});

test('a worker that stores something itself is not cut off: its patience begins anew', async () => {
  await using trouble = await newTrouble(300);
  const { state, others, look, othersComplete } = trouble;
  const wait = new Promise((resolve) => setTimeout(resolve, 310));
  await look();
  await wait;
  await look();
  await othersComplete();
  others.stored();
  await look();
  assert.equal(state.handedBack, 0);
});
