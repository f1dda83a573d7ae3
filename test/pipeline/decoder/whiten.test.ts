import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pixels } from '../../../src/pipeline/decoder/decode.ts';
import { whiten } from '../../../src/pipeline/decoder/whiten.ts';

/** A grey picture whose levels repeat in each row. */
function rows(levels: number[], height = 3): Pixels {
  const line = levels.flatMap((level) => [level, level, level]);
  const data = Buffer.from(Array.from({ length: height }, () => line).flat());
  return { data, width: levels.length, height, channels: 3 };
}

/** The levels of the middle row, after whitening. */
function whitened(levels: number[], background = levels[0] ?? 255): number[] {
  const pixels = rows(levels);
  whiten(pixels, background);
  const start = levels.length * 3;
  return levels.map((_, x) => pixels.data[start + 3 * x] ?? 0);
}

const steps = (from: number, to: number): number[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => from + Math.sign(to - from) * i);

test('what is at least 245 and connected to the edge becomes white; an edge that is white changes nothing', () => {
  assert.deepEqual(whitened([250, 245, 100, 250, 250]), [255, 255, 100, 255, 255]);
  const framed = rows([0, 0, 0]);
  framed.data.fill(250, 12, 15); // the middle
  framed.data.fill(250, 0, 3);
  assert.equal(whiten(framed, 250), true);
  assert.deepEqual([framed.data[0], framed.data[12]], [255, 250]);
  const white = rows([255, 255, 255, 255, 255], 5);
  white.data.fill(248, 36, 39);
  assert.equal(whiten(white, 255), false);
  assert.equal(white.data[36], 248);
});

test('a shadow ends without a line, whatever the background', () => {
  for (const background of [245, 250, 255]) {
    const shadow = [254, ...steps(background, 180)];
    const made = whitened(shadow, background);
    for (const [i, level] of made.entries())
      if (i > 0) assert.ok((made[i - 1] ?? 0) - level <= 3 && level <= (made[i - 1] ?? 0), made.join());
    assert.deepEqual([made[0], made.at(-1)], [255, 180]);
  }
});

test('what differed from the background enough to be an object still does, and behind its outline it is as it was', () => {
  for (const background of [245, 250, 253]) {
    const [, product = 0] = whitened([background, background - 17, background - 17, background]);
    assert.ok(255 - product >= 17, `${background}: ${product}`);
  }
  const bottle = [250, 220, 240, 235, 228, 235, 240, 220, 250];
  const made = rows(bottle, 5);
  for (const y of [0, 4]) made.data.fill(250, y * 27, y * 27 + 27);
  for (const y of [1, 3]) made.data.fill(220, y * 27 + 3, y * 27 + 24);
  whiten(made, 250);
  const middle = bottle.map((_, x) => made.data[2 * 27 + 3 * x] ?? 0);
  assert.deepEqual(middle.slice(2, 7), bottle.slice(2, 7));
});

test('all channels of a pixel are lifted by the same, so that hues stay', () => {
  const pixels = rows([250, 250, 250, 250]);
  pixels.data.set([240, 230, 225], 12 + 3);
  whiten(pixels, 250);
  const [red = 0, green = 0, blue = 0] = pixels.data.subarray(15, 18);
  assert.deepEqual([red - green, green - blue], [10, 5]);
});
