import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/errors.ts';
import { UploadOptions } from '../../src/intake/option-schemas.ts';
import { readOptions } from '../../src/intake/options.ts';
import { checkPreset } from '../../src/presets/check.ts';
import { OUTPUT_FORMATS } from '../../src/presets/spec.ts';

/** The flaws of a preset, as `pointer detail`. */
function flawsOf(input: unknown, name = 'mine'): string[] {
  try {
    checkPreset(name, input);
    return [];
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error.flaws.map((flaw) => ('at' in flaw ? `${flaw.at} ${flaw.detail}` : ''));
  }
}

test('all flaws of a preset are reported at once, in plain words', () => {
  const wrong = {
    foo: 1,
    description: 'x'.repeat(501),
    renditions: [
      {
        name: 'Full',
        ...{ width: 0, height: 'x', format: 'gif', quality: 101, background: 'red', trim: 'yes' },
        ...{ sharpen: 1, max_bytes: 150.5, fit: 'fill', hight: 3 },
      },
      { width: 30 },
      { name: 'a', fit: 'cover', width: 300 },
      { name: 'a', format: 'png', quality: 50 },
    ],
  };
  assert.deepEqual(flawsOf(wrong).toSorted(), [
    ' There is no field "foo".',
    '/description It must have 500 characters or fewer.',
    '/renditions/0 There is no field "hight".',
    '/renditions/0/background It must be #rrggbb in small letters, or transparent.',
    '/renditions/0/fit It must be one of inside, cover, contain, object.',
    `/renditions/0/format It must be one of ${OUTPUT_FORMATS.join(', ')}.`,
    '/renditions/0/height It must be a whole number.',
    '/renditions/0/max_bytes It must be a whole number.',
    '/renditions/0/name It must be a small letter, then small letters, digits and hyphens, 32 in all.',
    '/renditions/0/quality It must be 100 or less.',
    '/renditions/0/sharpen It must be true or false.',
    '/renditions/0/trim It must be true or false.',
    '/renditions/0/width It must be 1 or more.',
    '/renditions/1 It needs "name".',
    '/renditions/2/fit cover needs a width and a height.',
    '/renditions/3/name There is another rendition "a".',
    '/renditions/3/quality png is lossless; use max_bytes for smaller files.',
  ]);
});

test('input that is not a preset is reported as such', () => {
  assert.deepEqual(flawsOf(null), [' It must be an object {…}.']);
  assert.deepEqual(flawsOf([]), [' It must be an object {…}.']);
  assert.deepEqual(flawsOf({}), [' It needs "renditions".']);
  assert.deepEqual(flawsOf({ renditions: {} }), ['/renditions It must be a list.']);
  assert.deepEqual(flawsOf({ renditions: [] }), ['/renditions It must have 1 or more entries.']);
  const many = Array.from({ length: 21 }, (_, i) => ({ name: `r${i}` }));
  assert.deepEqual(flawsOf({ renditions: many }), ['/renditions It must have 20 entries or fewer.']);
  assert.deepEqual(flawsOf({ renditions: [null, 3] }), [
    '/renditions/0 It must be an object {…}.',
    '/renditions/1 It must be an object {…}.',
  ]);
});

test('all invalid options of an upload are reported, in plain words', () => {
  const options = { name: 'x'.repeat(201), strict: 'maybe', on_invalid: 'z', deadline_hours: '200' };
  assert.throws(() => readOptions(options, UploadOptions), {
    message:
      'Options are not valid. name: It must have 200 characters or fewer. on_invalid: It must be one of reject, skip. ' +
      'strict: It must be true or false. deadline_hours: It must be 168 or less.',
  });
});
