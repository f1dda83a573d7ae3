import type { Pixels } from '../decode.ts';
import type { Colour, Contrast } from './contrast.ts';
import type { Raster } from './raster.ts';
import type { Measures } from '../../measures.ts';

/** Whether any pixel is not opaque. */
export function isTransparent({ data, channels }: Pixels): boolean {
  if (channels === 1 || channels === 3) return false;
  for (let at = channels - 1; at < data.length; at += channels) if (data[at] !== 255) return true;
  return false;
}

const GREY = 4; // how far apart the channels of a grey pixel may be: a grey JPEG in colours is not exact

export function isGrey({ data }: Raster): boolean {
  for (let at = 0; at < data.length; at += 3) {
    const red = data[at] ?? 0;
    const green = data[at + 1] ?? 0;
    const blue = data[at + 2] ?? 0;
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > GREY) return false;
  }
  return true;
}

const LEVELS = 32; // finer ones count the noise of a JPEG
/** A sign for a missing picture has 13 to 50 in a PNG, a photograph 900 and more (of 256 x 256 pixels). */
const MANY = 65;

/** How many colours there are of 32 levels a channel; 65: that or more. */
export function colourCountOf({ data }: Raster): number {
  const seen = new Uint8Array(LEVELS ** 3);
  let count = 0;
  for (let at = 0; at < data.length && count < MANY; at += 3) {
    const [red = 0, green = 0, blue = 0] = [data[at], data[at + 1], data[at + 2]];
    const colour = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    if (seen[colour] === 0) count += 1;
    seen[colour] = 1;
  }
  return count;
}

/** Mean Cb and Cr (ITU-T T.871, without the offset) of what is not background; of an empty picture, the background's. */
export function chromaOf({ count, sums }: Contrast, background: Colour): Measures['chroma'] {
  const [red, green, blue] = count === 0 ? background : [sums[0] / count, sums[1] / count, sums[2] / count];
  const tenths = (value: number): number => Math.round(value * 10) / 10;
  return [
    tenths(-0.168_736 * red - 0.331_264 * green + 0.5 * blue),
    tenths(0.5 * red - 0.418_688 * green - 0.081_312 * blue),
  ];
}

export function hexOf(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** By the weights of ITU-R BT.601. */
export function lumaOf({ data, width, height }: Raster): Float64Array {
  const luma = new Float64Array(width * height);
  for (let i = 0, at = 0; i < luma.length; i += 1, at += 3)
    luma[i] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  return luma;
}
