import type { Pixels } from '../decode.ts';

/** Colours over white, row by row: three bytes a pixel, sRGB. */
export type Raster = { data: Uint8Array; width: number; height: number };

/** A part of a picture, of which every `stepX`-th column and `stepY`-th row is looked at. */
type Window = { x: number; y: number; width: number; height: number; stepX?: number; stepY?: number };

export function rasterOf(pixels: Pixels, window: Window): Raster {
  const { x, y, stepX = 1, stepY = 1 } = window;
  const width = Math.max(0, Math.ceil(window.width / stepX));
  const height = Math.max(0, Math.ceil(window.height / stepY));
  const raster = { data: new Uint8Array(width * height * 3), width, height };
  const { channels } = pixels;
  const step = stepX * channels;
  const read = READERS[channels];
  for (let row = 0; row < height; row += 1)
    read(raster, row, { from: pixels.data, start: ((y + row * stepY) * pixels.width + x) * channels, step });
  return raster;
}

type Source = { from: Uint8Array; start: number; step: number };
type Reader = (raster: Raster, row: number, source: Source) => void;

// By number of channels: grey, grey with alpha, colours, colours with alpha.
const READERS: Record<Pixels['channels'], Reader> = {
  1: readGrey,
  2({ data, width }, row, { from, start, step }) {
    const end = (row + 1) * width * 3;
    for (let to = row * width * 3, at = start; to < end; to += 3, at += step)
      data.fill(overWhite(from[at] ?? 0, from[at + 1] ?? 0), to, to + 3);
  },
  3: readColours,
  4({ data, width }, row, { from, start, step }) {
    const end = (row + 1) * width * 3;
    for (let to = row * width * 3, at = start; to < end; to += 3, at += step) {
      const alpha = from[at + 3] ?? 0;
      data[to] = overWhite(from[at] ?? 0, alpha);
      data[to + 1] = overWhite(from[at + 1] ?? 0, alpha);
      data[to + 2] = overWhite(from[at + 2] ?? 0, alpha);
    }
  },
};

function readGrey({ data, width }: Raster, row: number, { from, start, step }: Source): void {
  const end = (row + 1) * width * 3;
  for (let to = row * width * 3, at = start; to < end; to += 3, at += step) {
    const grey = from[at] ?? 0;
    data[to] = grey;
    data[to + 1] = grey;
    data[to + 2] = grey;
  }
}

function readColours({ data, width }: Raster, row: number, { from, start, step }: Source): void {
  const end = (row + 1) * width * 3;
  for (let to = row * width * 3, at = start; to < end; to += 3, at += step) {
    data[to] = from[at] ?? 0;
    data[to + 1] = from[at + 1] ?? 0;
    data[to + 2] = from[at + 2] ?? 0;
  }
}

function overWhite(channel: number, alpha: number): number {
  return 255 - Math.round(((255 - channel) * alpha) / 255);
}
