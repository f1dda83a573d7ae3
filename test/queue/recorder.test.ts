import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Recorder } from '../../src/queue/recorder.ts';
import { capturedLog } from '../support/logs.ts';

type Result = { name: string };

function taskOf(name: string) {
  return { id: name, attempt: 0, data: { tenant_id: 1, batch_id: name, task_id: name } };
}

/** A recorder of results by name; `fails` says why one cannot be recorded just now. */
function recorderOf(fails: (names: string[]) => Error | undefined) {
  const { log, lines } = capturedLog();
  const [tried, done]: [string[][], string[]] = [[], []];
  const begun = new Set<string>();
  const recorder = new Recorder<'process_image', Result>({
    capacity: 9,
    inHand: () => begun.size,
    patienceMs: 0,
    async record(finished) {
      const names = finished.map(({ result }) => result.name);
      tried.push(names);
      const error = fails(names);
      if (error) throw error;
    },
    onDone(tasks) {
      for (const { id } of tasks) begun.delete(id);
      done.push(...tasks.map(({ id }) => id));
    },
    log,
  });
  const begin = (...names: string[]): void => names.forEach((name) => begun.add(name));
  const add = (...names: string[]): void => {
    begin(...names);
    for (const name of names) recorder.add({ task: taskOf(name), result: { name } });
  };
  return { recorder, begin, add, tried, done, lines };
}

function trouble(code: string): Error {
  return Object.assign(new Error('it cannot be done just now'), { code });
}

for (const code of ['55P03', '57014', '40001', '40P01'])
  test(`a result that always meets ${code} goes behind the others, and keeps its task until it is recorded`, async () => {
    let inTheWay = 3;
    const { recorder, add, tried, done } = recorderOf((names) => {
      if (!names.includes('b')) return undefined;
      inTheWay -= 1;
      return inTheWay >= 0 ? trouble(code) : undefined;
    });
    add('a', 'b', 'c');
    await recorder.idle();
    assert.deepEqual(tried, [['a', 'b', 'c'], ['a'], ['b'], ['c'], ['b'], ['b']]);
    assert.deepEqual(done, ['a', 'c', 'b']);
  });

test('while the database is away, or read-only, a group stays together', async () => {
  const codes = ['ECONNREFUSED', '25006'];
  const { recorder, add, tried, done } = recorderOf(() => {
    const code = codes.shift();
    return code === undefined ? undefined : trouble(code);
  });
  add('a', 'b');
  await recorder.idle();
  assert.deepEqual(tried, [
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b'],
  ]);
  assert.deepEqual(done, ['a', 'b']);
});

test('a worker that ends gives up what cannot be recorded', async () => {
  const { recorder, add, done, lines } = recorderOf(() => trouble('55P03'));
  recorder.giveUpAt(0);
  add('a', 'b');
  await recorder.idle();
  assert.deepEqual(done, ['a', 'b']);
  assert.match(lines().at(-1)?.msg ?? '', /given up/);
});

test('the last results wait for no others: they are recorded before any time passes', async () => {
  const { add, begin, done, recorder } = recorderOf(() => undefined);
  begin('a', 'b', 'c');
  add('a');
  while (done.length === 0) await sleep(1);
  assert.deepEqual(done, ['a']);
  add('b');
  const late = setImmediate(() => done.push('time has passed'));
  add('c');
  await recorder.idle();
  clearImmediate(late);
  assert.deepEqual(done, ['a', 'b', 'c']);
});
