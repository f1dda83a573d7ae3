import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/errors.ts';
import { readOptions, UploadOptions } from '../../src/intake/options.ts';

test('a batch may have from one hour to a week for its images', () => {
  for (const hours of ['1', '24', '168'])
    assert.equal(readOptions({ deadline_hours: hours }, UploadOptions).deadline_hours, Number(hours));
  for (const hours of ['0', '169', '-1', 'a day'])
    assert.throws(() => readOptions({ deadline_hours: hours }, UploadOptions), Problem, hours);
});
