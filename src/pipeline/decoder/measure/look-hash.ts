/**
 * A 256-bit hash of how a picture looks, built as PDQ is (Facebook, 2019): luma of 64 x 64 pixels, two-dimensional
 * DCT, the 16 x 16 lowest frequencies without the constant ones, a bit where one is clearly above their median.
 */
import { freeMemory } from '../../../free-memory.ts';

const SIDE = 64;
const FREQUENCIES = 16;
// A symmetric picture, as many signs for a missing one are, lacks half of the frequencies: without this margin noise
// decides their bits (60 to 80 of 256 between two sizes, instead of 0 to 6). It is that of 2 levels of luma a pixel.
const NOISE = 64;
const LEAST_RANGE = 4; // levels of luma: below, a hash would be of noise

/** @param luma row by row @returns 64 hexadecimal digits; undefined for a picture without structure */
export function lookHash(luma: Float64Array, shape: { width: number; height: number }): string | undefined {
  const small = shrunk(luma, shape);
  let [darkest, brightest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of small) {
    darkest = Math.min(darkest, value);
    brightest = Math.max(brightest, value);
  }
  if (brightest - darkest < LEAST_RANGE) return undefined;
  const frequencies = lowFrequencies(small);
  const sorted = frequencies.toSorted();
  const median = ((sorted[127] ?? 0) + (sorted[128] ?? 0)) / 2;
  return hexOf(frequencies, median + NOISE);
}

function hexOf(values: Float64Array, limit: number): string {
  let digits = '';
  for (let at = 0; at < values.length; at += 4) {
    let digit = 0;
    for (let i = 0; i < 4; i += 1) digit = 2 * digit + ((values[at + i] ?? 0) > limit ? 1 : 0);
    digits += digit.toString(16);
  }
  return digits;
}

/** Each of the 64 x 64 pixels is the mean of those around it, weighted by a triangle in both directions. */
function shrunk(luma: Float64Array, { width, height }: { width: number; height: number }): Float64Array {
  const [across, down] = [weightsOf(width), weightsOf(height)];
  const rows = new Float64Array(height * SIDE);
  for (let y = 0, to = 0; y < height; y += 1)
    for (let x = 0; x < SIDE; x += 1, to += 1) rows[to] = weighted(luma, y * width, 1, across, x);
  const small = new Float64Array(SIDE * SIDE);
  for (let y = 0, to = 0; y < SIDE; y += 1)
    for (let x = 0; x < SIDE; x += 1, to += 1) small[to] = weighted(rows, x, SIDE, down, y);
  freeMemory(rows);
  return small;
}

/** For each of 64 pixels, the first pixel of a side that it is the mean of, and the weights of these. */
type Weights = { first: Int32Array; starts: Int32Array; weights: Float64Array };

function weighted(
  values: Float64Array,
  start: number,
  step: number,
  { first, starts, weights }: Weights,
  i: number,
): number {
  const end = starts[i + 1] ?? 0;
  let sum = 0;
  for (let w = starts[i] ?? 0, at = start + (first[i] ?? 0) * step; w < end; w += 1, at += step)
    sum += (weights[w] ?? 0) * (values[at] ?? 0);
  return sum;
}

const known = new Map<number, Weights>(); // by length: most pictures have the same

function weightsOf(length: number): Weights {
  const weights = known.get(length) ?? newWeights(length);
  known.set(length, weights);
  return weights;
}

function newWeights(length: number): Weights {
  const scale = length / SIDE;
  const reach = Math.max(1, scale);
  const [first, starts, weights] = [new Int32Array(SIDE), new Int32Array(SIDE + 1), [] as number[]];
  for (let i = 0; i < SIDE; i += 1) {
    const centre = (i + 0.5) * scale - 0.5;
    const begin = Math.max(0, Math.ceil(centre - reach));
    const end = Math.min(length, Math.floor(centre + reach) + 1);
    const triangle = Array.from(
      { length: end - begin },
      (_, at) => 1 - Math.abs(begin + at - centre) / reach,
    );
    const sum = triangle.reduce((total, weight) => total + weight, 0);
    weights.push(...triangle.map((weight) => weight / sum));
    first[i] = begin;
    starts[i + 1] = weights.length;
  }
  return { first, starts, weights: Float64Array.from(weights) };
}

const COSINES = Float64Array.from({ length: FREQUENCIES * SIDE }, (_, at) => {
  const [frequency, n] = [Math.floor(at / SIDE) + 1, at % SIDE];
  return Math.cos((Math.PI * (2 * n + 1) * frequency) / (2 * SIDE));
});

function lowFrequencies(small: Float64Array): Float64Array {
  const half = new Float64Array(FREQUENCIES * SIDE); // by frequency down, then column
  for (let f = 0; f < FREQUENCIES; f += 1)
    for (let y = 0; y < SIDE; y += 1) {
      const cosine = COSINES[f * SIDE + y] ?? 0;
      for (let x = 0; x < SIDE; x += 1)
        half[f * SIDE + x] = (half[f * SIDE + x] ?? 0) + cosine * (small[y * SIDE + x] ?? 0);
    }
  const result = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let f = 0; f < FREQUENCIES; f += 1)
    for (let g = 0; g < FREQUENCIES; g += 1) {
      let sum = 0;
      for (let x = 0; x < SIDE; x += 1) sum += (COSINES[g * SIDE + x] ?? 0) * (half[f * SIDE + x] ?? 0);
      result[f * FREQUENCIES + g] = sum;
    }
  return result;
}
