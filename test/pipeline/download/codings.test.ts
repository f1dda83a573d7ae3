import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codingsOf, decoded, isSupported } from '../../../src/pipeline/download/codings.ts';

test('a coding with the name of a property of every object is unknown, and the bytes are passed on', async () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const codings = codingsOf(name);
    assert.ok(!codings.some(isSupported));
    const body = (async function* () {
      yield Buffer.from('bytes');
    })();
    const chunks: Buffer[] = [];
    for await (const chunk of decoded(body, codings, { maxBytes: 100, tooLarge: () => new Error() }))
      chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), 'bytes');
  }
});
