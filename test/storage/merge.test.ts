import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inGroups, merge } from '../../src/storage/merge.ts';

async function* pagesOf<T>(...pages: T[][]): AsyncGenerator<T[]> {
  yield* pages;
}

const keyOf = (key: string): string => key;

test('two ordered lists become one, wherever their pages end', async () => {
  const pairs = merge(
    { pages: pagesOf(['b', 'c'], [], ['d', 'x', 'y']), keyOf },
    { pages: pagesOf(['a'], ['b', 'd', 'e'], ['x']), keyOf },
  );
  assert.deepEqual(
    (await Array.fromAsync(pairs)).map(({ left = '-', right = '-' }) => left + right),
    ['-a', 'bb', 'c-', 'dd', '-e', 'xx', 'y-'],
  );
  const nothing = merge({ pages: pagesOf<string>(), keyOf }, { pages: pagesOf<string>([]), keyOf });
  assert.deepEqual(await Array.fromAsync(nothing), []);
});

test('who stops reading closes both lists', async () => {
  let open = 0;
  async function* watched(): AsyncGenerator<string[]> {
    open += 1;
    try {
      for (;;) yield ['a', 'b'];
    } finally {
      open -= 1;
    }
  }
  const pairs = merge({ pages: watched(), keyOf }, { pages: watched(), keyOf });
  for await (const group of inGroups(pairs, 3)) {
    assert.deepEqual([group.length, open], [3, 2]);
    break;
  }
  assert.equal(open, 0);
});
