import { ssim } from 'ssim.js';

/** A picture in RGB, one byte a sample. */
export type Rgb = { data: Buffer; width: number; height: number };

/** Rows of the matrix to Y, Cb and Cr of full range (ITU-R BT.601), and the weight of each plane in the sum. */
const PLANES = [
  { weight: 0.8, of: [0.299, 0.587, 0.114], plus: 0 },
  { weight: 0.1, of: [-0.168736, -0.331264, 0.5], plus: 128 },
  { weight: 0.1, of: [0.5, -0.418688, -0.081312], plus: 128 },
] as const;

/**
 * SSIM (Wang et al., 2004) of two pictures of one size, pixel by pixel: 0.8 of that of the luma and 0.1 of each chroma,
 * as libvpx weighs them. That of the luma alone would not see coarser colours (4:2:0).
 */
export function colourSimilarity(one: Rgb, other: Rgb): number {
  const similarities = PLANES.map(
    (plane) => plane.weight * ssim(planeOf(one, plane), planeOf(other, plane), { downsample: false }).mssim,
  );
  return similarities.reduce((sum, each) => sum + each, 0);
}

/** As a grey picture in RGBA, which is what ssim.js takes. */
function planeOf({ data, width, height }: Rgb, { of: [r, g, b], plus }: (typeof PLANES)[number]) {
  const grey = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const at = 3 * pixel;
    const value = r * (data[at] ?? 0) + g * (data[at + 1] ?? 0) + b * (data[at + 2] ?? 0) + plus;
    grey.fill(value, 4 * pixel, 4 * pixel + 3);
  }
  return { data: grey, width, height };
}
