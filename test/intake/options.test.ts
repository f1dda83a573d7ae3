import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Problem } from '../../src/errors.ts';
import { UploadOptions } from '../../src/intake/option-schemas.ts';
import { readOptions } from '../../src/intake/options.ts';
import { requestDigests, requestSha256 } from '../../src/intake/request-digest.ts';

test('a batch may have from one hour to a week for its images', () => {
  for (const hours of ['1', '24', '168'])
    assert.equal(readOptions({ deadline_hours: hours }, UploadOptions).deadline_hours, Number(hours));
  for (const hours of ['0', '169', '-1', 'a day'])
    assert.throws(() => readOptions({ deadline_hours: hours }, UploadOptions), Problem, hours);
});

test('an upload that says a default is the same upload, and so it was for the versions before', () => {
  const file = Buffer.alloc(32, 7);
  const hashed = (options: object): string =>
    createHash('sha256')
      .update(file)
      .update(JSON.stringify(Object.entries(options)))
      .digest('hex');
  const kept = requestDigests(file, { name: 'a' }).map((digest) => digest.toString('hex'));
  assert.deepEqual(kept, [
    hashed({ name: 'a' }),
    hashed({ name: 'a', preset: 'web' }),
    hashed({ deadline_hours: 24, name: 'a', preset: 'web' }),
    hashed({ deadline_hours: 24, name: 'a', preset: 'web' }),
  ]);
  const digest = requestSha256(file, { name: 'a', preset: 'web', deadline_hours: 24 });
  assert.deepEqual(digest, requestSha256(file, { name: 'a' }));
  assert.ok(kept.includes(digest.toString('hex')));
  assert.notDeepEqual(digest, requestSha256(file, { name: 'a', deadline_hours: 25 }));
  const said = { name: 'a', on_invalid: 'reject', strict: false, force: false } as const;
  assert.deepEqual(digest, requestSha256(file, { ...said, placeholders: 'fail', picture_names: 'auto' }));
  const before = hashed({
    ...{ deadline_hours: 24, force: false, name: 'a', on_invalid: 'reject', preset: 'web', strict: false },
  });
  assert.ok(requestDigests(file, said).some((each) => each.toString('hex') === before));
  for (const other of [{ on_invalid: 'skip' }, { strict: true }, { force: true }] as const)
    assert.notDeepEqual(digest, requestSha256(file, { name: 'a', ...other }));
});
