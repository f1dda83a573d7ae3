import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupLooks, type Looks } from '../../src/pipeline/look-groups.ts';
import { random } from '../support/random.ts';

type OneLook = { bits: number[]; chroma?: [number, number]; images?: number };

/** A look is a base pattern with some of its bits changed. */
function looksOf(all: OneLook[], base = 1): Looks {
  const hashes = new Uint32Array(all.length * 8);
  for (const [i, { bits }] of all.entries()) {
    const { upTo } = random(base);
    for (let word = 0; word < 8; word += 1) hashes[i * 8 + word] = upTo(2 ** 32) - 1;
    for (const bit of bits)
      hashes[i * 8 + (bit >> 5)] = (hashes[i * 8 + (bit >> 5)] ?? 0) ^ (1 << (bit & 31));
  }
  return {
    count: all.length,
    hashes,
    chroma: Int16Array.from(all.flatMap(({ chroma = [0, 0] }) => chroma.map((value) => 10 * value))),
    images: Uint32Array.from(all, ({ images = 1 }) => images),
  };
}

const upTo = (bits: number): number[] => Array.from({ length: bits }, (_, i) => i);

test('the same look ends behind 31 bits, and behind a chroma of 6', async () => {
  const { leaders, distances } = await groupLooks(
    looksOf([
      { bits: [], images: 9 },
      { bits: upTo(31) },
      { bits: upTo(32).map((bit) => bit + 100) },
      { bits: [], chroma: [6, 0] },
      { bits: [], chroma: [6, 1] },
    ]),
  );
  assert.deepEqual([...leaders], [0, 0, 2, 0, 4]);
  assert.deepEqual([...distances], [0, 31, 0, 0, 0]);
});

test('a chain is cut: all members look like the most frequent picture', async () => {
  const chain = Array.from({ length: 9 }, (_, i) => ({ bits: upTo(20 * i), images: i === 4 ? 5 : 1 }));
  const { leaders, distances } = await groupLooks(looksOf(chain));
  assert.deepEqual([...leaders.subarray(3, 6)], [4, 4, 4]);
  for (const [content, leader] of leaders.entries()) {
    assert.equal(leaders[leader], leader, `${leader} leads`);
    assert.equal(distances[content], 20 * Math.abs(content - leader));
    assert.ok((distances[content] ?? 0) <= 31);
  }
});

test('random looks are alone, and copies of some are found', async () => {
  const count = 20_000;
  const copies = 500;
  const { upTo: dice } = random(3);
  const hashes = Uint32Array.from({ length: count * 8 }, () => dice(2 ** 32) - 1);
  for (let copy = 0; copy < copies; copy += 1) {
    hashes.copyWithin(copy * 8, (count - 1 - copy) * 8, (count - copy) * 8);
    for (let bit = 0; bit < 15; bit += 1) {
      const at = copy * 8 + dice(8) - 1;
      hashes[at] = (hashes[at] ?? 0) ^ (1 << (dice(32) - 1));
    }
  }
  const images = new Uint32Array(count).fill(1);
  const { leaders } = await groupLooks({ count, hashes, chroma: new Int16Array(count * 2), images });
  const joined = [...leaders.entries()].filter(([content, leader]) => content !== leader);
  assert.deepEqual(
    joined.map(([content, leader]) => content + leader),
    Array.from({ length: copies }, () => count - 1),
  );
});

test('many equal looks take no time, and the event loop goes on meanwhile', async () => {
  const count = 60_000;
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const { leaders } = await groupLooks(looksOf(Array.from({ length: count }, () => ({ bits: [] }))));
  const { upTo: dice } = random(4);
  const crowded = Array.from({ length: 10_000 }, () => ({
    bits: Array.from({ length: 120 }, () => 15 + dice(240)), // all share the first band
  }));
  await groupLooks(looksOf(crowded));
  clearInterval(timer);
  assert.ok(leaders.every((leader) => leader === 0));
  assert.ok(turns > 0);
});
