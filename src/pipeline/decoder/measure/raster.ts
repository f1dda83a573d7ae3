import type { Pixels } from '../decode.ts';

/** Colours over white, row by row: three bytes a pixel, sRGB. */
export type Raster = { data: Uint8Array; width: number; height: number };

/** A part of a picture, of which every `stepX`-th column and `stepY`-th row is looked at. */
export type Window = { x: number; y: number; width: number; height: number; stepX?: number; stepY?: number };

export function rasterOf(pixels: Pixels, window: Window): Raster {
  const { x, y, stepX = 1, stepY = 1 } = window;
  const [width, height] = [Math.ceil(window.width / stepX), Math.ceil(window.height / stepY)];
  const data = new Uint8Array(Math.max(0, width * height * 3));
  const read = READERS[pixels.channels];
  for (let row = 0; row < height; row += 1) {
    const from = ((y + row * stepY) * pixels.width + x) * pixels.channels;
    read(pixels.data, from, stepX * pixels.channels, data.subarray(row * width * 3, (row + 1) * width * 3));
  }
  return { data, width, height };
}

type Reader = (from: Uint8Array, at: number, step: number, to: Uint8Array) => void;

// By number of channels: grey, grey with alpha, colours, colours with alpha.
const READERS: Record<Pixels['channels'], Reader> = {
  1(from, start, step, to) {
    for (let at = start, i = 0; i < to.length; at += step) i = put(to, i, from[at], from[at], from[at]);
  },
  2(from, start, step, to) {
    for (let at = start, i = 0; i < to.length; at += step) {
      const grey = overWhite(from[at], from[at + 1]);
      i = put(to, i, grey, grey, grey);
    }
  },
  3(from, start, step, to) {
    for (let at = start, i = 0; i < to.length; at += step)
      i = put(to, i, from[at], from[at + 1], from[at + 2]);
  },
  4(from, start, step, to) {
    for (let at = start, i = 0; i < to.length; at += step) {
      const alpha = from[at + 3];
      i = put(
        to,
        i,
        overWhite(from[at], alpha),
        overWhite(from[at + 1], alpha),
        overWhite(from[at + 2], alpha),
      );
    }
  },
};

/** @returns where the next pixel goes */
function put(to: Uint8Array, at: number, red = 0, green = 0, blue = 0): number {
  to[at] = red;
  to[at + 1] = green;
  to[at + 2] = blue;
  return at + 3;
}

function overWhite(channel = 0, alpha = 0): number {
  return 255 - Math.round(((255 - channel) * alpha) / 255);
}
