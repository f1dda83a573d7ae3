import type { Pixels } from '../decode.ts';
import { type Raster, rasterOf, type Window } from './raster.ts';
import type { Steps } from './steps.ts';
import type { Side } from '../../measures.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** The ring along the edge of a picture. Shares are from 0 to 1. */
export type Ring = {
  background: Colour;
  thickness: number;
  white: number;
  uniform: number;
  isPlain: boolean;
};

const SHARE_OF_SIDE = 0.01;
const THINNEST = 2; // pixels
const WHITE = 250;
/** How far a channel may be from the background's and still belong to it. */
export const TOLERANCE = 16;
const UNIFORM_SIDE = 0.95;

/**
 * Looks at all of the ring's depth, so that a line along the edge counts, but only at every step along it.
 * The background is the median, channel by channel.
 */
export function ringOf(pixels: Pixels, steps: Steps): Ring {
  const thickness = Math.max(THINNEST, Math.round(Math.min(pixels.width, pixels.height) * SHARE_OF_SIDE));
  const sides = sidesOf(pixels, thickness, steps);
  const all = Object.values(sides);
  const background = medianOf(all);
  const isUniform = ([red, green, blue]: Colour): boolean =>
    Math.abs(red - background[0]) <= TOLERANCE &&
    Math.abs(green - background[1]) <= TOLERANCE &&
    Math.abs(blue - background[2]) <= TOLERANCE;
  const isSideUniform = (side: Side): boolean => shareOf([sides[side]], isUniform) >= UNIFORM_SIDE;
  return {
    background,
    thickness,
    white: shareOf(all, ([red, green, blue]) => red >= WHITE && green >= WHITE && blue >= WHITE),
    uniform: shareOf(all, isUniform),
    isPlain:
      (isSideUniform('top') && isSideUniform('bottom')) || (isSideUniform('left') && isSideUniform('right')),
  };
}

/** Top and bottom have the corners. A picture that is thinner than its ring has empty sides. */
function sidesOf(pixels: Pixels, thickness: number, { stepX, stepY }: Steps): Record<Side, Raster> {
  const { width, height } = pixels;
  const [top, left] = [Math.min(thickness, height), Math.min(thickness, width)];
  const [bottom, right] = [Math.max(top, height - thickness), Math.max(left, width - thickness)];
  const across = (y: number, end: number): Window => ({ x: 0, y, width, height: end - y, stepX });
  const down = (x: number, end: number): Window => ({
    x,
    y: top,
    width: end - x,
    height: bottom - top,
    stepY,
  });
  return {
    top: rasterOf(pixels, across(0, top)),
    bottom: rasterOf(pixels, across(bottom, height)),
    left: rasterOf(pixels, down(0, left)),
    right: rasterOf(pixels, down(right, width)),
  };
}

function medianOf(rasters: Raster[]): Colour {
  const counts = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const;
  let total = 0;
  for (const { data } of rasters) {
    total += data.length / 3;
    for (let i = 0; i < data.length; i += 3)
      for (const [channel, histogram] of counts.entries()) {
        const value = data[i + channel] ?? 0;
        histogram[value] = (histogram[value] ?? 0) + 1;
      }
  }
  const median = (histogram: Uint32Array): number => {
    let below = 0;
    return histogram.findIndex((count) => (below += count) * 2 >= total);
  };
  return [median(counts[0]), median(counts[1]), median(counts[2])];
}

/** Of no pixels, all. */
function shareOf(rasters: Raster[], has: (colour: Colour) => boolean): number {
  let [count, total] = [0, 0];
  for (const { data } of rasters) {
    total += data.length / 3;
    for (let i = 0; i < data.length; i += 3)
      if (has([data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0])) count += 1;
  }
  return total === 0 ? 1 : count / total;
}
