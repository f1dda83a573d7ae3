import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distinctNames, outputNdjson } from '../../src/results/output-ndjson.ts';

async function* once<T>(piece: T): AsyncGenerator<T> {
  yield piece;
}

test('an object has each column once, in order, whatever its name', async () => {
  const header = ['2', 'Image', 'Image', '', '__proto__', 'Image_2', '1', 'say "hi"'];
  const pieces = once([['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], ['00000001']]);
  const text = (await Array.fromAsync(outputNdjson({ header, pieces }))).join('');
  const [first, second, ...none] = text.split('\n');
  assert.equal(
    first,
    String.raw`{"2":"a","Image":"b","Image_3":"c","column_4":"d","__proto__":"e","Image_2":"f","1":"g","say \"hi\"":"h"}`,
  );
  assert.equal(second?.slice(0, 28), '{"2":"00000001","Image":"","');
  assert.deepEqual(none, ['']);
});

test('names stay distinct also where a number is taken', () => {
  assert.deepEqual(distinctNames(['a', 'a', 'a', 'a_2', '', '', 'column_6']), [
    'a',
    'a_3',
    'a_4',
    'a_2',
    'column_5',
    'column_6_2',
    'column_6',
  ]);
});
