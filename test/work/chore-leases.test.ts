import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Services } from '../../src/services.ts';
import { addChores, leasedChores } from '../../src/work/chore-leases.ts';
import { newServices } from '../support/batches.ts';
import { capturedLog } from '../support/logs.ts';

/** A chore that runs until the test says so, and two workers that ask for it. */
async function twoWorkers({ database: { db } }: Services) {
  const { log, lines } = capturedLog();
  let begun = 0;
  let isPaused = false;
  let end = Promise.withResolvers<void>();
  const chore = {
    name: 'sweep',
    everyMs: 3_600_000,
    async run() {
      begun += 1;
      await end.promise;
    },
  };
  await addChores(db, [chore]);
  const worker = () =>
    leasedChores([chore], {
      db,
      workerId: randomUUID(),
      liveWorkers: () => 2,
      isPaused: () => isPaused,
      log,
    });
  return {
    workers: [worker(), worker()] as const,
    begun: () => begun,
    lines,
    pause: () => (isPaused = true),
    async bringDue() {
      await sql`update chores set due_at = now()`.execute(db);
    },
    async finish(why?: Error) {
      if (why) end.reject(why);
      else end.resolve();
      await new Promise(setImmediate);
      end = Promise.withResolvers();
    },
  };
}

test('of workers that ask at the same time, one leases the chore, and no other until the chore is due again', async () => {
  await using services = await newServices();
  const { workers, begun, bringDue, finish } = await twoWorkers(services);
  const askAll = () => Promise.all(workers.map((worker) => worker.run()));
  await askAll();
  assert.equal(begun(), 0, 'a new chore is due after its interval');
  for (const times of [1, 2]) {
    await bringDue();
    await askAll();
    assert.equal(begun(), times);
    await finish();
    await askAll();
    assert.equal(begun(), times);
  }
});

test('a worker keeps its lease as long as it asks; one that is frozen or cut off loses it', async () => {
  await using services = await newServices();
  const {
    workers: [busy, other],
    begun,
    bringDue,
    finish,
  } = await twoWorkers(services);
  await bringDue();
  await busy.run();
  await bringDue(); // its interval is over, and it still runs
  await busy.run();
  await other.run();
  assert.equal(begun(), 1);
  await bringDue(); // it says nothing any more
  await other.run();
  assert.equal(begun(), 2);
  await finish();
});

test('a worker that is paused leaves chores to others', async () => {
  await using services = await newServices();
  const { workers, begun, bringDue, pause } = await twoWorkers(services);
  pause();
  await bringDue();
  await workers[0].run();
  assert.equal(begun(), 0);
});

test('a chore that fails is logged, and runs again when it is due', async () => {
  await using services = await newServices();
  const { workers, begun, bringDue, finish, lines } = await twoWorkers(services);
  const [worker] = workers;
  await bringDue();
  await worker.run();
  await finish(new Error('it stumbled'));
  assert.deepEqual(
    lines().map(({ chore, err, msg }) => [chore, err?.message, msg]),
    [['sweep', 'it stumbled', 'a chore failed']],
  );
  await bringDue();
  await worker.run();
  assert.equal(begun(), 2);
  await finish();
});

test('many workers together ask about twice a second', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const { log } = capturedLog();
  const waits = [1, 4, 10, 1_000].map((live) => {
    const { everyMs } = leasedChores([], {
      db,
      workerId: randomUUID(),
      liveWorkers: () => live,
      isPaused: () => false,
      log,
    });
    return typeof everyMs === 'number' ? everyMs : everyMs();
  });
  assert.deepEqual(waits, [1_000, 2_000, 5_000, 10_000]);
});
