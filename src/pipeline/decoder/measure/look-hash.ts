/**
 * A 256-bit hash of how a picture looks, built as PDQ is (Facebook, 2019): luma of 64 x 64 pixels, two-dimensional
 * DCT, the 16 x 16 lowest frequencies without the constant ones, a bit where one is above their median.
 */
const SIDE = 64;
const FREQUENCIES = 16;
const LEAST_RANGE = 4; // levels of luma: below, a hash would be of noise

/** @param luma row by row @returns 64 hexadecimal digits; undefined for a picture without structure */
export function lookHash(luma: Float32Array, shape: { width: number; height: number }): string | undefined {
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
  return hexOf(frequencies, median);
}

function hexOf(values: Float64Array, median: number): string {
  let digits = '';
  for (let at = 0; at < values.length; at += 4) {
    let digit = 0;
    for (let i = 0; i < 4; i += 1) digit = 2 * digit + ((values[at + i] ?? 0) > median ? 1 : 0);
    digits += digit.toString(16);
  }
  return digits;
}

/** Rows, then columns, each pixel being the mean of those around it, weighted by a triangle. */
function shrunk(luma: Float32Array, { width, height }: { width: number; height: number }): Float64Array {
  const across = weightsOf(width);
  const rows = new Float64Array(height * SIDE);
  for (let y = 0; y < height; y += 1)
    for (const [x, { first, weights }] of across.entries()) {
      let sum = 0;
      const from = y * width + first;
      for (let i = 0; i < weights.length; i += 1) sum += (weights[i] ?? 0) * (luma[from + i] ?? 0);
      rows[y * SIDE + x] = sum;
    }
  const small = new Float64Array(SIDE * SIDE);
  for (const [y, { first, weights }] of weightsOf(height).entries())
    for (let i = 0; i < weights.length; i += 1) {
      const from = (first + i) * SIDE;
      for (let x = 0; x < SIDE; x += 1)
        small[y * SIDE + x] = (small[y * SIDE + x] ?? 0) + (weights[i] ?? 0) * (rows[from + x] ?? 0);
    }
  return small;
}

type Weights = { first: number; weights: Float64Array };

/** For each of the 64 pixels, the pixels of a side that it is the mean of. */
function weightsOf(length: number): Weights[] {
  const scale = length / SIDE;
  const reach = Math.max(1, scale);
  return Array.from({ length: SIDE }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(length - 1, Math.floor(centre + reach));
    const weights = new Float64Array(last - first + 1).map(
      (_, at) => 1 - Math.abs(first + at - centre) / reach,
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
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
