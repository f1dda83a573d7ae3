/** What a decoder does with one image: the pixels once, and every rendition from them. */
import { writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { FORMAT_FACTS, type RenditionSpec } from '../presets/spec.ts';
import { isComplete } from './complete.ts';
import { keptXmp } from './credit.ts';
import { differenceHash } from './difference-hash.ts';
import { type Encoded, encode, encodeAnimation } from './encode.ts';
import { decodeSize, geometryOf } from './geometry.ts';
import type { Plan } from './plan.ts';
import { MAX_PIXELS } from './limits.ts';
import { ImageProblem } from './problems.ts';
import { strippedJpeg } from './stripped-jpeg.ts';

/** A rendition that lies in a file, and is on the disk (fsync). sha256 in hexadecimal. */
export type MadeFile = { name: string; width: number; height: number; bytes: number; sha256: string };

/** Pixels of 8 bits in sRGB, upright. */
type Pixels = { data: Buffer; width: number; height: number; channels: 1 | 2 | 3 | 4 };

export type Made = { files: MadeFile[]; differenceHash: string; description?: Description };

/** What a file holds, for those who look. `metadata` names the kinds of blocks: icc, exif, xmp, iptc. */
type Description = {
  colour_space: string;
  channels: number;
  depth: string;
  alpha: boolean;
  orientation: number;
  frames: number;
  chroma_subsampling: string | undefined;
  metadata: string[];
};

const READING: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true };

/**
 * Makes and writes every rendition of a plan.
 * @throws ImageProblem `cannot_meet_max_bytes`, `image_too_large`, `truncated_image`; sharp's errors
 *   when the file cannot be decoded; Node's when an output cannot be written
 */
export async function makeRenditions(plan: Plan): Promise<Made> {
  // Of a GIF that is cut, the frames that are there decode without an error.
  if (plan.format === 'gif' && !(await isComplete(plan.input, plan.format)))
    throw new ImageProblem('truncated_image', 'its last block is missing');
  const metadata = await metadataOf(plan);
  const pixelsFor = pixelsOnce(plan);
  const files: MadeFile[] = [];
  for (const rendition of plan.renditions) {
    const xmp = metadata && keptXmp(metadata, { keepCredit: rendition.keep_credit });
    const encoded = movesIn(metadata, rendition)
      ? await encodeAnimation(animation(plan.input, metadata), rendition, xmp)
      : await still(plan, await pixelsFor(rendition), { rendition, xmp });
    // Nothing else waits for this thread.
    writeFileSync(rendition.output, encoded.data, { flush: true });
    const { data, width, height } = encoded;
    const sha256 = createHash('sha256').update(data).digest('hex');
    files.push({ name: rendition.name, width, height, bytes: data.length, sha256 });
  }
  const pixels = await pixelsFor({ trim: false });
  const made = { files, differenceHash: differenceHash(pixels.data, pixels) };
  return plan.describe && metadata ? { ...made, description: describe(metadata) } : made;
}

async function still(
  plan: Plan,
  pixels: Pixels,
  { rendition, xmp }: { rendition: RenditionSpec; xmp: string | undefined },
): Promise<Encoded> {
  const made = await encode(() => shaped(pixels, rendition), rendition, xmp);
  return xmp === undefined ? betterOf(plan, rendition, made) : made;
}

/** Read only where something may come of it: it costs a second look at the file. */
async function metadataOf({ input, mayHoldXmp, renditions, describe }: Plan): Promise<Metadata | undefined> {
  const wanted = describe || mayHoldXmp || renditions.some((spec) => spec.animated || spec.keep_credit);
  return wanted ? sharp(input, { ...READING, animated: true }).metadata() : undefined;
}

function describe(metadata: Metadata): Description {
  const { space, channels, depth, hasAlpha, orientation = 1, pages = 1, chromaSubsampling } = metadata;
  const blocks = (['icc', 'exif', 'xmp', 'iptc'] as const).filter((name) => metadata[name] !== undefined);
  return {
    ...{ colour_space: space, channels, depth, alpha: hasAlpha, orientation, frames: pages },
    ...{ chroma_subsampling: chromaSubsampling, metadata: blocks },
  };
}

type PixelsFor = (rendition: Pick<RenditionSpec, 'trim'>) => Promise<Pixels>;

/** Decodes when the first rendition asks, and again only for those that are trimmed. */
function pixelsOnce(plan: Plan): PixelsFor {
  const decoded = new Map<boolean, Promise<Pixels>>();
  return ({ trim }) => {
    const pixels = decoded.get(trim) ?? decode(plan.input, plan.renditions, trim);
    decoded.set(trim, pixels);
    return pixels;
  };
}

/** Orients, trims, shrinks while loading, and converts to sRGB of 8 bits. */
async function decode(input: string, renditions: RenditionSpec[], trim: boolean): Promise<Pixels> {
  const boxes = renditions.filter((rendition) => rendition.trim === trim);
  const size = boxes.length > 0 ? decodeSize(boxes) : decodeSize(renditions);
  let image = sharp(input, READING).autoOrient();
  if (trim) image = image.trim();
  if (size) image = image.resize({ ...size, withoutEnlargement: true });
  const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** The pixels in the shape of a rendition, not encoded yet. */
function shaped({ data, ...raw }: Pixels, rendition: RenditionSpec): Sharp {
  const { resized, cut, padding } = geometryOf(raw, rendition);
  const image = sharp(data, { raw });
  if (resized.width !== raw.width || resized.height !== raw.height) image.resize({ ...resized, fit: 'fill' });
  if (cut) image.extract(cut);
  if (rendition.sharpen) image.sharpen({ sigma: SHARPEN_SIGMA });
  if (padding) image.extend({ ...padding, background: colourOf(rendition.background) });
  return image;
}

const SHARPEN_SIGMA = 0.7; // pixels: the blur that shrinking leaves

function colourOf(background: string) {
  return background === 'transparent' ? { r: 0, g: 0, b: 0, alpha: 0 } : background;
}

function movesIn(metadata: Metadata | undefined, rendition: RenditionSpec): metadata is Metadata {
  return rendition.animated && (metadata?.pages ?? 1) > 1;
}

/** @throws ImageProblem `image_too_large`: all frames are decoded, so all count */
function animation(input: string, { width, pages = 1, pageHeight = 0 }: Metadata): Sharp {
  if (width * pageHeight * pages > MAX_PIXELS)
    throw new ImageProblem(
      'image_too_large',
      `${pages} frames of ${width} x ${pageHeight} pixels; at most ${MAX_PIXELS / 1e6} megapixels in all`,
    );
  return sharp(input, { ...READING, animated: true });
}

/**
 * A source that is smaller than what was made of it, of the same kind and size and without anything to
 * change, is taken itself, without its metadata: to encode it again would only make it worse.
 */
async function betterOf(plan: Plan, rendition: RenditionSpec, made: Encoded): Promise<Encoded> {
  const isJpeg = plan.format === 'jpeg' && FORMAT_FACTS[rendition.format].name === 'jpeg';
  if (!isJpeg || rendition.trim || rendition.sharpen) return made;
  if (made.width !== plan.width || made.height !== plan.height) return made;
  if (made.data.length < plan.bytes / 2) return made; // metadata is hardly ever half of a file
  const stripped = await strippedJpeg(plan.input);
  return stripped && stripped.length < made.data.length ? { ...made, data: stripped } : made;
}
