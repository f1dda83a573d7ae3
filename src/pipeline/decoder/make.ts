/** Makes the renditions of one image: decodes its pixels once, and makes each rendition from them. */
import { writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import sharp, { type Metadata, type Sharp } from 'sharp';
import type { RenditionSpec } from '../../presets/spec.ts';
import { keptXmp } from './credit.ts';
import { decode, type Pixels, READING } from './decode.ts';
import { differenceHash } from './difference-hash.ts';
import { type Encoded, encode, encodeAnimation } from './encode.ts';
import { geometryOf } from './geometry.ts';
import { headerOf } from './measure/header.ts';
import { measure } from './measure/measure.ts';
import type { Description, Made, MadeFile, Plan } from '../decoder-protocol.ts';
import { MAX_PIXELS, MAX_SIDE } from '../limits.ts';
import { readMetadata } from './metadata.ts';
import { freeMemory } from '../free-memory.ts';
import { ImageProblem } from '../problems.ts';
import { readWhole } from './formats/source.ts';

/**
 * Makes and writes every rendition of a plan.
 * @throws ImageProblem `cannot_meet_max_bytes`, `image_too_large`, `truncated_image`; sharp's errors
 *   when the file cannot be decoded; Node's when an output cannot be written
 */
export async function makeRenditions(plan: Plan): Promise<Made> {
  const metadata = await metadataOf(plan);
  const decoded = new DecodedPixels(plan);
  const files: MadeFile[] = [];
  for (const rendition of plan.renditions) {
    const xmp = metadata && keptXmp(metadata, { keepCredit: rendition.keep_credit });
    const encoded = isAnimated(plan, metadata, rendition)
      ? await animation(plan, metadata, { rendition, xmp })
      : await still(await decoded.for(rendition), { rendition, xmp });
    // Synchronous, because this thread has nothing else to do.
    writeFileSync(rendition.output, encoded.data, { flush: !plan.isUnsynced });
    const { data, width, height } = encoded;
    const sha256 = createHash('sha256').update(data).digest('hex');
    files.push({ name: rendition.name, width, height, bytes: data.length, sha256 });
    freeMemory(data);
  }
  const pixels = await decoded.for({ trim: false });
  const content = measure(pixels, await headerOf(plan, metadata, pixels));
  const made = { files, differenceHash: differenceHash(pixels.data, pixels), content };
  await decoded.free();
  return plan.describe && metadata ? { ...made, description: describe(metadata, pixels) } : made;
}

type Wanted = { rendition: RenditionSpec; xmp: string | undefined };

function still(pixels: Pixels, { rendition, xmp }: Wanted): Promise<Encoded> {
  return encode(() => shaped(pixels, rendition), rendition, xmp);
}

/** Undefined where nothing needs it: reading the metadata opens the file a second time. */
async function metadataOf(plan: Plan): Promise<Metadata | undefined> {
  const { mayHoldXmp, renditions, describe } = plan;
  const wanted = describe || mayHoldXmp || renditions.some((spec) => spec.animated || spec.keep_credit);
  return wanted ? readMetadata(plan) : undefined;
}

/** `alpha` is that of the decoded pixels: an extra sample of a TIFF need not be transparency. */
function describe(metadata: Metadata, pixels: Pixels): Description {
  const { space, channels, depth, orientation = 1, pages = 1, chromaSubsampling } = metadata;
  const blocks = (['icc', 'exif', 'xmp', 'iptc'] as const).filter((name) => metadata[name] !== undefined);
  return {
    colour_space: space,
    channels,
    depth,
    alpha: pixels.channels % 2 === 0,
    orientation,
    frames: pages,
    chroma_subsampling: chromaSubsampling,
    metadata: blocks,
  };
}

/** Decodes when the first rendition needs pixels, and a second time for those that are trimmed. */
class DecodedPixels {
  readonly #plan: Plan;
  readonly #byTrim = new Map<boolean, Promise<Pixels>>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  for({ trim }: Pick<RenditionSpec, 'trim'>): Promise<Pixels> {
    const pixels = this.#byTrim.get(trim) ?? decode(this.#plan, trim);
    this.#byTrim.set(trim, pixels);
    return pixels;
  }

  async free(): Promise<void> {
    for (const { data } of await Promise.all(this.#byTrim.values())) freeMemory(data);
  }
}

/** Resizes, cuts, sharpens and pads as a rendition says. Not encoded yet. */
function shaped({ data, ...raw }: Pixels, rendition: RenditionSpec): Sharp {
  const { resized, cut, padding } = geometryOf(raw, rendition);
  const image = sharp(data, { raw });
  if (resized.width !== raw.width || resized.height !== raw.height) image.resize({ ...resized, fit: 'fill' });
  if (cut) image.extract(cut);
  if (rendition.sharpen) image.sharpen({ sigma: SHARPEN_SIGMA });
  if (padding) image.extend({ ...padding, background: colourOf(rendition.background) });
  return image;
}

const SHARPEN_SIGMA = 0.7; // pixels: as much as shrinking blurs

function colourOf(background: string) {
  return background === 'transparent' ? { r: 0, g: 0, b: 0, alpha: 0 } : background;
}

const ANIMATED_SOURCES = new Set(['gif', 'webp']); // the pages of a TIFF are no frames

function isAnimated(
  plan: Plan,
  metadata: Metadata | undefined,
  rendition: RenditionSpec,
): metadata is Metadata {
  return rendition.animated && ANIMATED_SOURCES.has(plan.format) && (metadata?.pages ?? 1) > 1;
}

/** @throws ImageProblem `image_too_large`: libvips stacks all frames in one tall picture */
function animation(plan: Plan, metadata: Metadata, { rendition, xmp }: Wanted): Promise<Encoded> {
  const { width, height, pages = 1 } = metadata;
  const tallest = Math.max(height, rendition.fit === 'contain' ? (rendition.height ?? 0) : 0);
  if (width * height * pages > MAX_PIXELS || tallest * pages > MAX_SIDE)
    throw new ImageProblem(
      'image_too_large',
      `${pages} frames of ${width} x ${tallest} pixels; stacked they may have at most ${MAX_SIDE} pixels of height and ${MAX_PIXELS / 1e6} megapixels`,
    );
  return readWhole({ ...plan, all: true }, (input, failOn) =>
    encodeAnimation(sharp(input, { ...READING, failOn, animated: true }), rendition, xmp),
  );
}
