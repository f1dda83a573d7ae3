/** The pixels that every rendition of a picture is made from. */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { decodeSize } from './geometry.ts';
import { MAX_PIXELS } from '../limits.ts';
import type { Plan } from '../decoder-protocol.ts';
import { ImageProblem } from '../problems.ts';
import { type Read, readWhole } from './formats/source.ts';
import { readTiff } from './formats/tiff.ts';
import { extraSamples, isOfFloats } from './formats/tiff-samples.ts';

/** Pixels of 8 bits in sRGB, upright. */
export type Pixels = { data: Buffer; width: number; height: number; channels: 1 | 2 | 3 | 4 };

export const READING: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true };

/**
 * Orients, trims, shrinks while loading, and converts to sRGB of 8 bits.
 * @throws ImageProblem `truncated_image`, `corrupt_image`, `unsupported_format`; sharp's errors
 */
export async function decode(plan: Plan, trim: boolean): Promise<Pixels> {
  const boxes = plan.renditions.filter((rendition) => rendition.trim === trim);
  const size = decodeSize(boxes.length > 0 ? boxes : plan.renditions);
  const shaped = (image: Sharp): Sharp => {
    if (trim) image.trim();
    return size ? image.resize({ ...size, withoutEnlargement: true }) : image;
  };
  const extras = plan.format === 'tiff' ? await extrasOfTiff(plan.input) : undefined;
  if (!extras) return await readWhole(plan, (input, failOn) => pixelsOf(shaped(opened(input, failOn))));
  // What is no transparency must be gone before the picture is shrunk.
  const all = await readWhole(plan, (input, failOn) => pixelsOf(opened(input, failOn)));
  const { data, ...raw } = withoutExtras(all, extras.alpha);
  return await pixelsOf(shaped(sharp(data, { raw })));
}

const opened = (...[input, failOn]: Parameters<Read<Pixels>>): Sharp =>
  sharp(input, { ...READING, failOn }).autoOrient();

async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** @throws ImageProblem `unsupported_format` */
async function extrasOfTiff(path: string): Promise<ReturnType<typeof extraSamples>> {
  const directory = readTiff(path);
  if (!directory) return undefined;
  if (isOfFloats(directory)) await checkLight(path);
  return extraSamples(directory);
}

/** Floating-point values are light, of which 1 is white. What is brighter than that throughout means another thing. */
async function checkLight(path: string): Promise<void> {
  const { channels } = await sharp(path, READING).stats();
  const isLight = channels.every(({ mean }) => mean >= 0 && mean <= 1);
  if (!isLight)
    throw new ImageProblem('unsupported_format', 'a TIFF of floating-point values that are not from 0 to 1');
}

const COLOURS = 3;

/** @param alpha which of the samples behind the colours is the transparency */
function withoutExtras({ data, width, height, channels }: Pixels, alpha: number | undefined): Pixels {
  const kept = alpha === undefined ? 3 : 4;
  const pixels = Buffer.alloc(width * height * kept);
  for (let from = 0, to = 0; to < pixels.length; from += channels, to += kept) {
    for (let i = 0; i < COLOURS; i += 1) pixels[to + i] = data[from + i] ?? 0;
    if (alpha !== undefined) pixels[to + COLOURS] = data[from + COLOURS + alpha] ?? 0;
  }
  return { data: pixels, width, height, channels: kept };
}
