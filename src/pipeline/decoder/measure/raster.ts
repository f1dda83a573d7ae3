import type { Pixels } from '../decode.ts';

/** Colours over white, row by row: three bytes a pixel, sRGB. */
export type Raster = { data: Uint8Array; width: number; height: number };

/** A part of a picture, of which at most so many columns and rows are looked at, evenly spread. */
export type Window = { x: number; y: number; width: number; height: number; columns?: number; rows?: number };

/**
 * How many columns and rows of a whole picture are looked at: four for each pixel of the look hash. More tell no more
 * (bench/measures.ts), and reading pixels that have left the processor's cache is most of the cost.
 */
export const LOOKED_AT = 256;

/** The column or row of `length` that the i-th of `count` samples is. */
export function placeOf(i: number, count: number, length: number): number {
  return Math.floor(((i + 0.5) * length) / count);
}

export function rasterOf(pixels: Pixels, window: Window): Raster {
  const width = Math.max(0, Math.min(window.width, window.columns ?? window.width));
  const height = Math.max(0, Math.min(window.height, window.rows ?? window.height));
  const raster = { data: new Uint8Array(width * height * 3), width, height };
  const offsets = new Int32Array(width);
  for (let i = 0; i < width; i += 1) offsets[i] = placeOf(i, width, window.width) * pixels.channels;
  const read = READERS[pixels.channels];
  for (let row = 0; row < height; row += 1) {
    const y = window.y + placeOf(row, height, window.height);
    read(raster, row, { from: pixels.data, start: (y * pixels.width + window.x) * pixels.channels, offsets });
  }
  return raster;
}

type Source = { from: Uint8Array; start: number; offsets: Int32Array };
type Reader = (raster: Raster, row: number, source: Source) => void;

// By number of channels: grey, grey with alpha, colours, colours with alpha.
const READERS: Record<Pixels['channels'], Reader> = {
  1({ data, width }, row, { from, start, offsets }) {
    for (let x = 0, to = row * width * 3; x < width; x += 1, to += 3)
      data.fill(from[start + (offsets[x] ?? 0)] ?? 0, to, to + 3);
  },
  2({ data, width }, row, { from, start, offsets }) {
    for (let x = 0, to = row * width * 3; x < width; x += 1, to += 3) {
      const at = start + (offsets[x] ?? 0);
      data.fill(overWhite(from[at] ?? 0, from[at + 1] ?? 0), to, to + 3);
    }
  },
  3({ data, width }, row, { from, start, offsets }) {
    for (let x = 0, to = row * width * 3; x < width; x += 1, to += 3) {
      const at = start + (offsets[x] ?? 0);
      data[to] = from[at] ?? 0;
      data[to + 1] = from[at + 1] ?? 0;
      data[to + 2] = from[at + 2] ?? 0;
    }
  },
  4({ data, width }, row, { from, start, offsets }) {
    for (let x = 0, to = row * width * 3; x < width; x += 1, to += 3) {
      const at = start + (offsets[x] ?? 0);
      const alpha = from[at + 3] ?? 0;
      data[to] = overWhite(from[at] ?? 0, alpha);
      data[to + 1] = overWhite(from[at + 1] ?? 0, alpha);
      data[to + 2] = overWhite(from[at + 2] ?? 0, alpha);
    }
  },
};

function overWhite(channel: number, alpha: number): number {
  return 255 - Math.round(((255 - channel) * alpha) / 255);
}
