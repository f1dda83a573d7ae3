/** Makes the renditions of one image: decodes its pixels once, and makes each rendition from them. */
import { writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import sharp, { type Metadata } from 'sharp';
import { FORMAT_FACTS, type RenditionSpec } from '../../presets/spec.ts';
import type { Change, Fix } from '../file-measures.ts';
import { keptXmp } from './credit.ts';
import { type Pixels, READING } from './decode.ts';
import { DecodedPixels } from './decoded-pixels.ts';
import { differenceHash } from './difference-hash.ts';
import { type Encoded, encode, encodeAnimation } from './encode.ts';
import { fitObject } from './fit-object.ts';
import { headerOf } from './measure/header.ts';
import { measure } from './measure/measure.ts';
import { measureFile } from './measure-file.ts';
import type { Description, Made, MadeFile, Plan } from '../decoder-protocol.ts';
import { MAX_PIXELS, MAX_SIDE } from '../limits.ts';
import { readMetadata } from './metadata.ts';
import { freeMemory } from '../../free-memory.ts';
import { ImageProblem } from '../problems.ts';
import { readWhole } from './formats/source.ts';
import { shaperOf } from './shape.ts';

/**
 * Makes and writes every rendition of a plan.
 * @throws ImageProblem `cannot_meet_max_bytes`, `cannot_meet_rule`, `image_too_large`, `truncated_image`; sharp's errors
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
      : await still(decoded, plan, { rendition, xmp });
    files.push(await written(encoded, rendition, plan));
  }
  const pixels = await decoded.for({ trim: false });
  const content = measure(pixels, await headerOf(plan, metadata, pixels));
  const made = { files, differenceHash: differenceHash(pixels.data, pixels), content };
  await decoded.free();
  return plan.describe && metadata ? { ...made, description: describe(metadata, pixels) } : made;
}

async function written(
  { data, width, height, fix }: Still,
  { name, output }: Planned,
  { isUnsynced }: Plan,
): Promise<MadeFile> {
  // Synchronous, because this thread has nothing else to do.
  writeFileSync(output, data, { flush: !isUnsynced });
  const sha256 = createHash('sha256').update(data).digest('hex');
  const file = { name, width, height, bytes: data.length, sha256 };
  freeMemory(data);
  return fix ? { ...file, measures: { ...(await measureFile(output, file)), ...fix } } : file;
}

type Planned = Plan['renditions'][number];
type Wanted = { rendition: RenditionSpec; xmp: string | undefined };

/** `fix`: of the fit `object` */
type Still = Encoded & { fix?: Fix };

async function still(decoded: DecodedPixels, plan: Plan, { rendition, xmp }: Wanted): Promise<Still> {
  if (rendition.fit !== 'object')
    return await encode(shaperOf(await decoded.for(rendition), rendition), rendition, xmp);
  const { pixels, found } = await decoded.forObject(rendition);
  const { shape, fix, free } = await fitObject(pixels, found, rendition);
  const encoded = await encode(shape, rendition, xmp);
  free();
  return { ...encoded, fix: { ...fix, changes: [...fix.changes, ...recoded(plan, rendition)] } };
}

function recoded({ format }: Plan, rendition: RenditionSpec): Change[] {
  if (format !== FORMAT_FACTS[rendition.format].name) return ['reformatted'];
  return rendition.quality === null ? [] : ['recompressed'];
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
