/** What a decoder does with one image: the pixels once, and every rendition from them. */
import { writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import sharp, { type Metadata, type Sharp } from 'sharp';
import type { RenditionSpec } from '../../presets/spec.ts';
import { keptXmp } from './credit.ts';
import { decode, type Pixels, READING } from './decode.ts';
import { differenceHash } from './difference-hash.ts';
import { type Encoded, encode, encodeAnimation } from './encode.ts';
import { geometryOf } from './geometry.ts';
import type { Plan } from '../plan.ts';
import { MAX_PIXELS, MAX_SIDE } from '../limits.ts';
import { freeMemory } from '../free-memory.ts';
import { ImageProblem } from '../problems.ts';
import { readWhole } from './formats/source.ts';

/** A rendition that lies in a file, and is on the disk (fsync). sha256 in hexadecimal. */
export type MadeFile = { name: string; width: number; height: number; bytes: number; sha256: string };

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

/**
 * Makes and writes every rendition of a plan.
 * @throws ImageProblem `cannot_meet_max_bytes`, `image_too_large`, `truncated_image`; sharp's errors
 *   when the file cannot be decoded; Node's when an output cannot be written
 */
export async function makeRenditions(plan: Plan): Promise<Made> {
  const metadata = await metadataOf(plan);
  const decoded = new Map<boolean, Promise<Pixels>>();
  const pixelsFor = pixelsOnce(plan, decoded);
  const files: MadeFile[] = [];
  for (const rendition of plan.renditions) {
    const xmp = metadata && keptXmp(metadata, { keepCredit: rendition.keep_credit });
    const encoded = movesIn(plan, metadata, rendition)
      ? await animation(plan, metadata, { rendition, xmp })
      : await still(await pixelsFor(rendition), { rendition, xmp });
    // Nothing else waits for this thread.
    writeFileSync(rendition.output, encoded.data, { flush: true });
    const { data, width, height } = encoded;
    const sha256 = createHash('sha256').update(data).digest('hex');
    files.push({ name: rendition.name, width, height, bytes: data.length, sha256 });
    freeMemory(data);
  }
  const pixels = await pixelsFor({ trim: false });
  const made = { files, differenceHash: differenceHash(pixels.data, pixels) };
  for (const { data } of await Promise.all(decoded.values())) freeMemory(data);
  return plan.describe && metadata ? { ...made, description: describe(metadata, pixels) } : made;
}

type Wanted = { rendition: RenditionSpec; xmp: string | undefined };

function still(pixels: Pixels, { rendition, xmp }: Wanted): Promise<Encoded> {
  return encode(() => shaped(pixels, rendition), rendition, xmp);
}

/** Read only where something may come of it: it costs a second look at the file. */
async function metadataOf(plan: Plan): Promise<Metadata | undefined> {
  const { mayHoldXmp, renditions, describe } = plan;
  const wanted = describe || mayHoldXmp || renditions.some((spec) => spec.animated || spec.keep_credit);
  return wanted ? readWhole(plan, (input) => sharp(input, READING).metadata()) : undefined;
}

/** `alpha`: of the pixels that count; a TIFF may have a sample more that is no transparency. */
function describe(metadata: Metadata, pixels: Pixels): Description {
  const { space, channels, depth, orientation = 1, pages = 1, chromaSubsampling } = metadata;
  const blocks = (['icc', 'exif', 'xmp', 'iptc'] as const).filter((name) => metadata[name] !== undefined);
  return {
    ...{ colour_space: space, channels, depth, alpha: pixels.channels % 2 === 0, orientation, frames: pages },
    ...{ chroma_subsampling: chromaSubsampling, metadata: blocks },
  };
}

type PixelsFor = (rendition: Pick<RenditionSpec, 'trim'>) => Promise<Pixels>;

/** Decodes when the first rendition asks, and again only for those that are trimmed. */
function pixelsOnce(plan: Plan, decoded: Map<boolean, Promise<Pixels>>): PixelsFor {
  return ({ trim }) => {
    const pixels = decoded.get(trim) ?? decode(plan, trim);
    decoded.set(trim, pixels);
    return pixels;
  };
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

const MOVING = new Set(['gif', 'webp']); // the pages of a TIFF are no frames

function movesIn(plan: Plan, metadata: Metadata | undefined, rendition: RenditionSpec): metadata is Metadata {
  return rendition.animated && MOVING.has(plan.format) && (metadata?.pages ?? 1) > 1;
}

/** @throws ImageProblem `image_too_large`: libvips holds all frames in one picture, one below the other */
function animation(plan: Plan, metadata: Metadata, { rendition, xmp }: Wanted): Promise<Encoded> {
  const { width, height, pages = 1 } = metadata;
  const tallest = Math.max(height, rendition.fit === 'contain' ? (rendition.height ?? 0) : 0);
  if (width * height * pages > MAX_PIXELS || tallest * pages > MAX_SIDE)
    throw new ImageProblem(
      'image_too_large',
      `${pages} frames, ${width} x ${tallest} pixels each; at most ${MAX_SIDE} pixels of height and ${MAX_PIXELS / 1e6} megapixels in all`,
    );
  return readWhole({ ...plan, all: true }, (input, failOn) =>
    encodeAnimation(sharp(input, { ...READING, failOn, animated: true }), rendition, xmp),
  );
}
