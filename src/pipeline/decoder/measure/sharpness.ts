import { freeMemory } from '../../../free-memory.ts';
import type { Pixels } from '../decode.ts';
import { lumaOf } from './colours.ts';
import { rasterOf } from './raster.ts';

const MIDDLE = 512; // pixels of a side
const TILE = 48;
const TILES = 3; // per side: together they cost a twelfth of the whole middle, and tell as much
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
      const luma = lumaOf(tile);
      const parts = halved(luma, tile);
      add(total, parts);
      for (const part of [tile.data, luma, parts.half]) freeMemory(part);
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

type Halved = { luma: Float64Array; half: Float64Array; width: number; height: number };

/** With the mean of each 2 x 2 pixels; width and height are those of the half. */
function halved(luma: Float64Array, shape: { width: number; height: number }): Halved {
  const [width, height] = [shape.width / 2, shape.height / 2];
  const half = new Float64Array(width * height);
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
function add(total: { detail: number; gradient: number; count: number }, tile: Halved): void {
  const { half, width, height } = tile;
  for (let y = 1; y < height - 1; y += 1)
    for (let x = 1, at = y * width + 1; x < width - 1; x += 1, at += 1) {
      const here = half[at] ?? 0;
      const right = (half[at + 1] ?? 0) - here;
      const below = (half[at + width] ?? 0) - here;
      total.gradient += right * right + below * below;
      total.detail += detailAt(tile, x, y);
      total.count += 1;
    }
}

/** The squares of what 2 x 2 pixels have beyond their half, enlarged again bilinearly. */
function detailAt({ luma, half, width }: Halved, x: number, y: number): number {
  const at = y * width + x;
  const above = at - width;
  const below = at + width;
  const here = 9 * (half[at] ?? 0);
  const left = 3 * (half[at - 1] ?? 0);
  const right = 3 * (half[at + 1] ?? 0);
  const up = 3 * (half[above] ?? 0);
  const down = 3 * (half[below] ?? 0);
  const pixel = 4 * y * width + 2 * x;
  const next = pixel + 2 * width;
  const a = (luma[pixel] ?? 0) - (here + left + up + (half[above - 1] ?? 0)) / 16;
  const b = (luma[pixel + 1] ?? 0) - (here + right + up + (half[above + 1] ?? 0)) / 16;
  const c = (luma[next] ?? 0) - (here + left + down + (half[below - 1] ?? 0)) / 16;
  const d = (luma[next + 1] ?? 0) - (here + right + down + (half[below + 1] ?? 0)) / 16;
  return a * a + b * b + c * c + d * d;
}
