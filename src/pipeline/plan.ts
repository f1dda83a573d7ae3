import { createHash } from 'node:crypto';
import { FORMAT_FACTS, type Recipe, type RenditionSpec, withDefaults } from '../presets/spec.ts';
import type { Source } from './download/fetch.ts';
import type { DecoderJob } from './decoder-protocol.ts';

export function planRenditions({ path, bytes }: Pick<Source, 'path' | 'bytes'>, recipe: Recipe): DecoderJob {
  const renditions = recipe.renditions.map((spec) => ({ ...spec, output: outputPath(path, spec) }));
  return { input: path, bytes, renditions };
}

/** Where a decoder writes a rendition: beside the source. */
export function outputPath(source: string, spec: RenditionSpec): string {
  return `${source}.${fileName(spec)}`;
}

function fileName({ name, format }: Pick<RenditionSpec, 'name' | 'format'>): string {
  return `${name}.${FORMAT_FACTS[format].extension}`;
}

/** Raised by hand when the output for the same source and recipe may change; see setIdOf. */
const EPOCH = 2;

/**
 * The name of what a recipe makes of a content: 80 bits in base32hex. It depends on the source's
 * bytes, the recipe and the epoch, and not on the versions of libraries, so that bytes under one key
 * never change. 80 bits: among 10^8 contents of a tenant two share a name with a chance of 4 in 10^9.
 *
 * Hashed is what is done: the settings that this version knows. So a recipe that an older version stored
 * gets the name that the same preset gets today, and never the one under which that version's own files
 * lie, which may differ (images that had ended keep it: images.hash16); and what a newer version wants
 * and this one cannot do is not passed off as done.
 */
export function setIdOf(source: Pick<Source, 'sha256'>, recipe: Recipe): string {
  const hash = createHash('sha256')
    .update(source.sha256)
    .update(JSON.stringify([EPOCH, recipe.renditions.map(withDefaults)]));
  const bits = BigInt(`0x${hash.digest('hex').slice(0, 20)}`);
  return bits.toString(32).padStart(16, '0');
}
