/** A picture in RGB, one byte a sample. */
export type Rgb = { data: Uint8Array; width: number; height: number };

/** Rows of the matrix to Y, Cb and Cr of full range (ITU-R BT.601), and the weight of each plane in the sum. */
const PLANES = [
  { weight: 0.8, of: [0.299, 0.587, 0.114], plus: 0 },
  { weight: 0.1, of: [-0.168736, -0.331264, 0.5], plus: 128 },
  { weight: 0.1, of: [0.5, -0.418688, -0.081312], plus: 128 },
] as const;

const WINDOW = 8;
const STRIDE = 4;
const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/**
 * SSIM (Wang et al., 2004) of two pictures of one size, as libvpx computes it: in windows of 8 x 8 pixels, 4 apart, 0.8
 * of that of the luma and 0.1 of each chroma. That of the luma alone would not see coarser colours (4:2:0).
 */
export function colourSimilarity(one: Rgb, other: Rgb): number {
  const { width, height } = one;
  const similarities = PLANES.map(
    (plane) => plane.weight * planeSimilarity(planeOf(one, plane), planeOf(other, plane), width, height),
  );
  return similarities.reduce((sum, each) => sum + each, 0);
}

function planeOf({ data, width, height }: Rgb, { of: [r, g, b], plus }: (typeof PLANES)[number]) {
  const plane = new Float32Array(width * height);
  for (let pixel = 0, at = 0; pixel < plane.length; pixel += 1, at += 3)
    plane[pixel] = r * (data[at] ?? 0) + g * (data[at + 1] ?? 0) + b * (data[at + 2] ?? 0) + plus;
  return plane;
}

function planeSimilarity(one: Float32Array, other: Float32Array, width: number, height: number): number {
  let [sum, windows] = [0, 0];
  for (let top = 0; top + WINDOW <= height; top += STRIDE)
    for (let left = 0; left + WINDOW <= width; left += STRIDE, windows += 1)
      sum += windowSimilarity(one, other, top * width + left, width);
  return sum / windows;
}

function windowSimilarity(one: Float32Array, other: Float32Array, from: number, width: number): number {
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let row = 0; row < WINDOW; row += 1)
    for (let at = from + row * width, end = at + WINDOW; at < end; at += 1) {
      const [a, b] = [one[at] ?? 0, other[at] ?? 0];
      x += a;
      y += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
  const pixels = WINDOW * WINDOW;
  const [mx, my] = [x / pixels, y / pixels];
  const [vx, vy, cov] = [xx / pixels - mx * mx, yy / pixels - my * my, xy / pixels - mx * my];
  return ((2 * mx * my + C1) * (2 * cov + C2)) / ((mx * mx + my * my + C1) * (vx + vy + C2));
}
