import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Problem } from '../../src/errors.ts';
import { decompressed } from '../../src/intake/bodies.ts';

test('a Content-Encoding that is the name of something else is not understood, as any other', () => {
  for (const coding of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'lzw'])
    assert.throws(
      () => decompressed({ 'content-encoding': coding }, Readable.from([])),
      (error) => error instanceof Problem && error.code === 'unsupported_media_type',
      coding,
    );
});
