import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { startPump } from '../../src/queue/pump.ts';
import type { Finished } from '../../src/queue/recorder.ts';
import type { Services } from '../../src/services.ts';
import { newServices, silent } from '../support/batches.ts';

type Step = { id: string; signal: AbortSignal; finish: (result: string) => void };

async function insertTasks({ queue, database }: Services, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const data = { tenant_id: 1, batch_id: randomUUID(), task_id: '' };
  await queue.insert(
    'process_image',
    ids.map((id) => ({ id, data })),
    database.db,
  );
  return ids;
}

/** A pump whose tasks end when the test says so. */
function controlledPump(
  services: Services,
  capacity: number,
  {
    record,
    claim,
    pauses,
    ...parts
  }: {
    record?: (done: string[]) => Promise<void>;
    claim?: () => Promise<void>;
    isToBeAlone?: (id: string) => boolean;
    pauses?: Record<string, string>;
  } = {},
) {
  const steps = new Map<string, Step>();
  const recorded: string[] = [];
  const inHand = new Set<string>();
  const pump = startPump<'process_image', string, string>(
    {
      queue: services.queue,
      name: 'process_image',
      capacity,
      async claim(tasks) {
        await claim?.();
        return new Map(tasks.map((task) => [task.id, task.id]));
      },
      handle: (id, signal) =>
        new Promise((resolve, reject) => {
          steps.set(id, { id, signal, finish: resolve });
          const abort = (): void => reject(signal.reason as Error);
          if (signal.aborted) abort();
          signal.addEventListener('abort', abort);
        }),
      record: async (finished: Finished<'process_image', string>[]) => {
        await record?.(finished.map(({ result }) => result));
        await services.queue.remove(
          'process_image',
          finished.map(({ task }) => task),
        );
        recorded.push(...finished.map(({ result }) => result));
      },
      onTaken: (taken) => taken.forEach(({ task }) => inHand.add(task.id)),
      onReleased: (ids) => ids.forEach((id) => inHand.delete(id)),
      ...parts,
      log: silent,
    },
    pauses,
  );
  return { pump, steps, recorded, inHand };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i += 1) {
    assert.ok(i < 1000, 'it does not come to pass');
    await sleep(10);
  }
}

test('the whole capacity is used, and a result that is finished while others are recorded is recorded too', async () => {
  await using services = await newServices();
  await insertTasks(services, 5);
  const gate = new AbortController();
  const { pump, steps, recorded } = controlledPump(services, 3, {
    record: async (done) => {
      if (done.includes('first') && !gate.signal.aborted) await once(gate.signal, 'abort');
    },
  });
  await until(() => steps.size === 3);
  const [a, b, c] = [...steps.values()];
  a?.finish('first');
  await sleep(30);
  b?.finish('second');
  c?.finish('third');
  gate.abort();
  await until(() => steps.size === 5);
  for (const step of [...steps.values()].slice(3)) step.finish('later');
  await until(() => recorded.length === 5);
  assert.deepEqual(recorded.toSorted(), ['first', 'later', 'later', 'second', 'third']);
  await pump.stop(0);
});

test('a result that cannot be recorded is tried again while the database is away, and holds up no other when it is wrong', async () => {
  await using services = await newServices();
  await insertTasks(services, 3);
  let away = 3;
  const { pump, steps, recorded } = controlledPump(services, 3, {
    record: async (done) => {
      away -= 1;
      if (away >= 0) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      if (done.includes('wrong')) throw Object.assign(new Error('violates a check'), { code: '23514' });
    },
  });
  await until(() => steps.size === 3);
  const [a, b, c] = [...steps.values()];
  a?.finish('good');
  b?.finish('wrong');
  c?.finish('fine');
  await until(() => recorded.length === 2);
  assert.deepEqual(recorded.toSorted(), ['fine', 'good']);
  await pump.stop(0);
});

/** Of each: somebody else in the way, a limit that was reached, a session that was ended. */
const PASSING = ['55P03', '57014', '40001', '40P01', '25P03', '57P01', '25006', '53300', 'ETIMEDOUT'];

function failingFirst(codes: readonly string[]): () => Promise<void> {
  const left = [...codes];
  return async () => {
    const code = left.shift();
    if (code !== undefined) throw Object.assign(new Error('it cannot be done just now'), { code });
  };
}

test('whatever is in the way just now, a group of results is recorded as one, and no task is tried again', async () => {
  await using services = await newServices();
  await insertTasks(services, 3);
  const fail = failingFirst(PASSING);
  const groups: number[] = [];
  const { pump, steps, recorded } = controlledPump(services, 3, {
    record: async (done) => {
      groups.push(done.length);
      await fail();
    },
  });
  await until(() => steps.size === 3);
  for (const step of steps.values()) step.finish('made');
  await until(() => recorded.length === 3);
  assert.deepEqual(groups, [...PASSING.map(() => 3), 3]);
  await pump.stop(0);
});

test('whatever is in the way just now, tasks that were claimed are held until they can be looked up', async () => {
  await using services = await newServices();
  await insertTasks(services, 3);
  const { pump, steps, recorded } = controlledPump(services, 3, { claim: failingFirst(PASSING) });
  await until(() => steps.size === 3);
  const { rows } = await sql<{ tries: number }>`
    select max(retry_count) as tries from pgboss.job where name = 'process_image'`.execute(
    services.database.db,
  );
  assert.deepEqual(rows, [{ tries: 0 }]);
  for (const step of steps.values()) step.finish('made');
  await until(() => recorded.length === 3);
  await pump.stop(0);
});

test('a task whose lease another worker has taken over is aborted', async () => {
  await using services = await newServices();
  const [id = ''] = await insertTasks(services, 1);
  const { pump, steps, recorded } = controlledPump(services, 1);
  await until(() => steps.size === 1);
  await sql`update pgboss.job set retry_count = retry_count + 1 where id = ${id}`.execute(
    services.database.db,
  );
  await until(() => steps.get(id)?.signal.aborted === true);
  await pump.stop(0);
  assert.deepEqual(recorded, []);
});

test('a paused pump claims nothing until each of the reasons is lifted', async () => {
  await using services = await newServices();
  const { pump, steps } = controlledPump(services, 1, { pauses: { disk: 'the disk is full' } });
  await insertTasks(services, 1);
  pump.pause('schema', 'the schema is newer');
  pump.pause('schema', 'the schema is much newer');
  assert.deepEqual(pump.pausedBecause(), ['the disk is full', 'the schema is much newer']);
  await sleep(500);
  assert.equal(steps.size, 0);
  pump.pause('disk', undefined);
  assert.deepEqual(pump.pausedBecause(), ['the schema is much newer']);
  assert.deepEqual([pump.isPaused('disk'), pump.isPaused('schema')], [false, true]);
  await sleep(500);
  assert.equal(steps.size, 0);
  pump.pause('schema', undefined);
  await until(() => steps.size === 1);
  await pump.stop(0);
});

test('a task that is to be alone waits until nothing else is in hand, and nothing is claimed before it is recorded', async () => {
  await using services = await newServices();
  const ids = await insertTasks(services, 6);
  const lonely = new Set(ids.slice(1, 3));
  const { pump, steps, recorded, inHand } = controlledPump(services, 4, {
    isToBeAlone: (id) => lonely.has(id),
  });
  while (recorded.length < ids.length) {
    await until(() => inHand.size > 0 && [...inHand].every((id) => steps.has(id)));
    if ([...inHand].some((id) => lonely.has(id))) assert.equal(inHand.size, 1);
    const now = recorded.length + inHand.size;
    for (const id of inHand) steps.get(id)?.finish(id);
    await until(() => recorded.length >= now && [...inHand].every((id) => !recorded.includes(id)));
  }
  assert.deepEqual(recorded.toSorted(), ids.toSorted());
  await pump.stop(0);
});

test('a worker that ends hands back what waits to be alone', async () => {
  await using services = await newServices();
  const ids = await insertTasks(services, 2);
  const { pump, steps, inHand } = controlledPump(services, 2, { isToBeAlone: (id) => id === ids[0] });
  await until(() => steps.has(ids[1] ?? '') && inHand.size === 1);
  assert.ok(!steps.has(ids[0] ?? ''));
  await pump.stop(0);
  assert.equal(inHand.size, 0);
});
