/** Decodes the pixels from which every rendition of a picture is made. */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { decodeSize } from './geometry.ts';
import { MAX_PIXELS } from '../limits.ts';
import type { Plan } from '../decoder-protocol.ts';
import { ImageProblem } from '../problems.ts';
import { type FailOn, readWhole } from './formats/source.ts';
import { readTiff } from './formats/tiff.ts';
import { extraSamples, isOfFloats } from './formats/tiff-samples.ts';

/** 8 bits per channel in sRGB, upright, row by row. */
export type Pixels = { data: Buffer; width: number; height: number; channels: 1 | 2 | 3 | 4 };

/** `whole`: with all pixels of the source, whatever the renditions need. */
type Decoding = { trim: boolean; whole?: boolean };

export const READING: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true };

/**
 * Orients, trims, shrinks while loading, and converts to sRGB of 8 bits.
 * @throws ImageProblem `truncated_image`, `corrupt_image`, `unsupported_format`; sharp's errors
 */
export async function decode(plan: Plan, { trim, whole = false }: Decoding): Promise<Pixels> {
  const boxes = plan.renditions.filter((rendition) => rendition.trim === trim);
  const size = whole ? undefined : decodeSize(boxes.length > 0 ? boxes : plan.renditions);
  const shaped = (image: Sharp): Sharp => {
    if (trim) image.trim();
    return size ? image.resize({ ...size, withoutEnlargement: true }) : image;
  };
  const extras = plan.format === 'tiff' ? await extrasOfTiff(plan.input) : undefined;
  if (!extras) return await readWhole(plan, (input, failOn) => pixelsOf(shaped(opened(input, failOn))));
  // Shrinking would blend colours with an extra sample that libvips takes for transparency.
  const all = await readWhole(plan, (input, failOn) => pixelsOf(opened(input, failOn)));
  const { data, ...raw } = withoutExtras(all, extras.alpha);
  return await pixelsOf(shaped(sharp(data, { raw })));
}

function opened(input: string | Buffer, failOn: FailOn): Sharp {
  return sharp(input, { ...READING, failOn }).autoOrient();
}

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

/** Floating-point samples are linear light, where 1 is white. A mean outside 0 to 1 shows that they are not. */
async function checkLight(path: string): Promise<void> {
  const { channels } = await sharp(path, READING).stats();
  const isLight = channels.every(({ mean }) => mean >= 0 && mean <= 1);
  if (!isLight)
    throw new ImageProblem('unsupported_format', 'a TIFF of floating-point values that are not from 0 to 1');
}

const COLOURS = 3;

/** @param alpha index of the transparency among the samples behind the colours */
function withoutExtras({ data, width, height, channels }: Pixels, alpha: number | undefined): Pixels {
  const kept = alpha === undefined ? COLOURS : 4;
  const pixels = Buffer.alloc(width * height * kept);
  for (let from = 0, to = 0; to < pixels.length; from += channels, to += kept) {
    for (let i = 0; i < COLOURS; i += 1) pixels[to + i] = data[from + i] ?? 0;
    if (alpha !== undefined) pixels[to + COLOURS] = data[from + COLOURS + alpha] ?? 0;
  }
  return { data: pixels, width, height, channels: kept };
}
