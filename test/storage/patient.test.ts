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
  const storage = {
    ...diskStorage('/'),
    async put() {
      tries += 1;
      if (tries <= times) throw new StorageTrouble('away', { kind });
      return { bytes: 1, sha256: '' };
    },
  };
  return { storage, tries: () => tries };
}

test('what passes is waited for, and told each time', async () => {
  for (const kind of ['weather', 'damaged', 'clock'] as const) {
    const { storage, tries } = failing(2, kind);
    const told: string[] = [];
    const patient = patientStorage(storage, ({ message }) => void told.push(message));
    assert.deepEqual(await patient.put('key', FILE, never), { bytes: 1, sha256: '' });
    assert.deepEqual([tries(), told], [3, ['away', 'away']]);
  }
});

test('what an operator has to change is not waited for', async () => {
  for (const kind of ['settings', 'full'] as const) {
    const { storage, tries } = failing(1, kind);
    await assert.rejects(patientStorage(storage, () => {}).put('key', FILE, never), /away/);
    assert.equal(tries(), 1);
  }
});

test('the wait ends with the signal', async () => {
  const reason = new Error('the worker ends');
  const ending = new AbortController();
  const { storage } = failing(Infinity, 'weather');
  const patient = patientStorage(storage, () => ending.abort(reason));
  await assert.rejects(patient.put('key', FILE, ending.signal), reason);
});
