import type { Pixels } from '../decode.ts';
import { type Colour, contrastOf } from './contrast.ts';
import { type Raster, rasterOf } from './raster.ts';

/** The ring along the edge of a picture. Shares are from 0 to 1. */
export type Ring = {
  background: Colour;
  thickness: number;
  white: number;
  uniform: number;
  isPlain: boolean;
};

const ALONG = 128; // places
const SHARE_OF_SIDE = 0.01;
const THINNEST = 2; // pixels
const WHITE = 250;
const UNIFORM_SIDE = 0.95;

/**
 * Looks at all of the ring's depth, so that a line along the edge counts, but only at some places along it.
 * The background is the median, channel by channel.
 */
export function ringOf(pixels: Pixels): Ring {
  const thickness = Math.max(THINNEST, Math.round(Math.min(pixels.width, pixels.height) * SHARE_OF_SIDE));
  const sides = sidesOf(pixels, thickness);
  const background = medianOf(sides);
  const uniform = sides.map((side) => sizeOf(side) - contrastOf(side, background).count);
  const isUniform = (i: number): boolean =>
    (uniform[i] ?? 0) >= UNIFORM_SIDE * sizeOf(sides[i] ?? { width: 0, height: 0 });
  const total = sumOf(sides.map(sizeOf));
  return {
    background,
    thickness,
    white: sumOf(sides.map(countWhite)) / total,
    uniform: sumOf(uniform) / total,
    isPlain: (isUniform(0) && isUniform(1)) || (isUniform(2) && isUniform(3)),
  };
}

/** Top, bottom, left, right; the first two have the corners. A picture that is thinner than its ring has empty sides. */
function sidesOf(pixels: Pixels, thickness: number): Raster[] {
  const { width, height } = pixels;
  const [top, left] = [Math.min(thickness, height), Math.min(thickness, width)];
  const [bottom, right] = [Math.max(top, height - thickness), Math.max(left, width - thickness)];
  const across = (y: number, end: number): Raster =>
    rasterOf(pixels, { x: 0, y, width, height: end - y, columns: ALONG });
  const down = (x: number, end: number): Raster =>
    rasterOf(pixels, { x, y: top, width: end - x, height: bottom - top, rows: ALONG });
  return [across(0, top), across(bottom, height), down(0, left), down(right, width)];
}

function medianOf(rasters: Raster[]): Colour {
  const counts = new Uint32Array(3 * 256);
  let values = 0;
  for (const { data } of rasters) {
    values += data.length;
    for (let i = 0; i < data.length; i += 3) {
      const [red, green, blue] = [data[i] ?? 0, 256 + (data[i + 1] ?? 0), 512 + (data[i + 2] ?? 0)];
      counts[red] = (counts[red] ?? 0) + 1;
      counts[green] = (counts[green] ?? 0) + 1;
      counts[blue] = (counts[blue] ?? 0) + 1;
    }
  }
  const median = (channel: number): number => {
    let below = 0;
    return counts.subarray(channel * 256).findIndex((count) => (below += count) * 6 >= values);
  };
  return [median(0), median(1), median(2)];
}

function countWhite({ data }: Raster): number {
  let count = 0;
  for (let i = 0; i < data.length; i += 3)
    if ((data[i] ?? 0) >= WHITE && (data[i + 1] ?? 0) >= WHITE && (data[i + 2] ?? 0) >= WHITE) count += 1;
  return count;
}

function sizeOf({ width, height }: Pick<Raster, 'width' | 'height'>): number {
  return width * height;
}

function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
