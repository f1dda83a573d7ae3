import type { Pixels } from '../decode.ts';
import { lumaOf } from './colours.ts';
import { rasterOf } from './raster.ts';

const MIDDLE = 512; // pixels of a side
const TILE = 64;
const TILES = 4; // per side: 16 tiles cost a quarter of the whole middle, and tell as much
const LEAST_TILE = 8;

/**
 * How much of the finest detail there is: RMS of luma minus its own half size enlarged again, divided by the RMS
 * gradient of the half size. It looks at tiles, spread evenly over the middle of the picture.
 * @returns undefined where nothing has an edge, or the picture is tiny
 */
export function sharpnessOf(pixels: Pixels): number | undefined {
  const [across, down] = [tilesOf(pixels.width), tilesOf(pixels.height)];
  const total = { detail: 0, gradient: 0, count: 0 };
  for (const y of down.starts)
    for (const x of across.starts) {
      const tile = rasterOf(pixels, { x, y, width: across.size, height: down.size });
      add(total, halved(lumaOf(tile), tile));
    }
  if (total.count === 0 || total.gradient / total.count < LEAST_GRADIENT ** 2) return undefined;
  return Math.sqrt(total.detail / 4 / total.gradient);
}

const LEAST_GRADIENT = 0.5; // levels of luma: below, the ratio would be of noise

/** Where tiles begin along a side, and their even size. */
function tilesOf(side: number): { starts: number[]; size: number } {
  const middle = Math.min(MIDDLE, side);
  const size = Math.min(TILE, side - (side % 2));
  if (size < LEAST_TILE) return { starts: [], size };
  const tiles = Math.min(TILES, Math.floor(middle / size));
  const first = Math.floor((side - middle) / 2);
  const room = middle / tiles;
  const starts = Array.from({ length: tiles }, (_, i) => first + Math.floor(i * room + (room - size) / 2));
  return { starts, size };
}

type Halved = { luma: Float32Array; half: Float32Array; width: number; height: number };

/** With the mean of each 2 x 2 pixels; width and height are those of the half. */
function halved(luma: Float32Array, shape: { width: number; height: number }): Halved {
  const [width, height] = [shape.width / 2, shape.height / 2];
  const half = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = 2 * y * shape.width + 2 * x;
      const below = at + shape.width;
      half[y * width + x] =
        ((luma[at] ?? 0) + (luma[at + 1] ?? 0) + (luma[below] ?? 0) + (luma[below + 1] ?? 0)) / 4;
    }
  return { luma, half, width, height };
}

/** Adds the squares of all but the outermost pixels of the half. */
function add(
  total: { detail: number; gradient: number; count: number },
  { luma, half, width, height }: Halved,
): void {
  for (let y = 1; y < height - 1; y += 1)
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const [below, right] = [half[at + width] ?? 0, half[at + 1] ?? 0];
      const here = half[at] ?? 0;
      total.gradient += (right - here) ** 2 + (below - here) ** 2;
      total.count += 1;
      for (let corner = 0; corner < 4; corner += 1) {
        const [dx, dy] = [corner & 1, corner >> 1];
        const beside = dx === 0 ? -1 : 1;
        const next = dy === 0 ? -width : width;
        // Bilinear: the centre of a pixel is a quarter of the way to the next of the half.
        const enlarged =
          (9 * (half[at] ?? 0) +
            3 * (half[at + beside] ?? 0) +
            3 * (half[at + next] ?? 0) +
            (half[at + next + beside] ?? 0)) /
          16;
        total.detail += ((luma[(2 * y + dy) * 2 * width + 2 * x + dx] ?? 0) - enlarged) ** 2;
      }
    }
}
