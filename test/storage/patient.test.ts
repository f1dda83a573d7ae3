import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskStorage } from '../../src/storage/disk.ts';
import { patientStorage } from '../../src/storage/patient.ts';
import { type Storage, StorageTrouble, type TroubleKind } from '../../src/storage/storage.ts';

const FILE = { path: '/x', bytes: 1, sha256: '', contentType: 'image/jpeg' };
const never = new AbortController().signal;

/** Fails so often with this kind of trouble, and stores then. */
function failing(times: number, kind: TroubleKind): { storage: Storage; tries: () => number } {
  let tries = 0;
  function tryIt(): void {
    tries += 1;
    if (tries <= times) throw new StorageTrouble('away', { kind });
  }
  const storage: Storage = {
    ...diskStorage('/'),
    async put() {
      tryIt();
      return { bytes: 1, sha256: '' };
    },
    async sizesOf(keys) {
      tryIt();
      return keys.map(() => 1);
    },
  };
  return { storage, tries: () => tries };
}

const patient = (storage: Storage, waiting: Partial<Parameters<typeof patientStorage>[1]> = {}): Storage =>
  patientStorage(storage, { onTrouble: () => {}, ending: never, ...waiting });

test('what passes is waited for, and told each time', async () => {
  for (const kind of ['weather', 'damaged', 'clock'] as const) {
    const { storage, tries } = failing(2, kind);
    const told: string[] = [];
    const waiting = patient(storage, { onTrouble: ({ message }) => void told.push(message) });
    assert.deepEqual(await waiting.put('key', FILE, never), { bytes: 1, sha256: '' });
    assert.deepEqual([tries(), told], [3, ['away', 'away']]);
  }
});

test('looking for files is as patient', async () => {
  const { storage, tries } = failing(2, 'weather');
  assert.deepEqual(await patient(storage).sizesOf(['key'], never), [1]);
  assert.equal(tries(), 3);
});

test('what an operator has to change is not waited for', async () => {
  for (const kind of ['settings', 'full', 'unusable'] as const) {
    const { storage, tries } = failing(1, kind);
    await assert.rejects(patient(storage).put('key', FILE, never), /away/);
    assert.equal(tries(), 1);
  }
});

test('the wait ends when the worker ends: what failed last is thrown, so that the image goes back', async () => {
  const ending = new AbortController();
  const { storage, tries } = failing(Infinity, 'weather');
  const waiting = patient(storage, { onTrouble: () => ending.abort(), ending: ending.signal });
  await assert.rejects(waiting.put('key', FILE, never), /away/);
  await assert.rejects(waiting.put('key', FILE, never), /away/);
  assert.equal(tries(), 2);
});

test('the wait ends with the signal of the task', async () => {
  const lost = new AbortController();
  const { storage, tries } = failing(Infinity, 'weather');
  await assert.rejects(patient(storage, { onTrouble: () => lost.abort() }).put('key', FILE, lost.signal));
  assert.equal(tries(), 1);
});

test('patience is that of a task, however many requests it makes, and one without an answer ends with it', async () => {
  const task = new AbortController().signal;
  const { storage, tries } = failing(Infinity, 'weather');
  const waiting = patient(storage, { patienceMs: 50 });
  await assert.rejects(waiting.put('key', FILE, task), /away/);
  const before = tries();
  await assert.rejects(waiting.put('key', FILE, task), /away/);
  assert.equal(tries(), before + 1);
  const silent: Storage = {
    ...storage,
    put: (_key, _file, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  };
  await assert.rejects(patient(silent, { patienceMs: 50 }).put('key', FILE, never), /too long to answer/);
});
