import { createHash } from 'node:crypto';
import { FORMAT_FACTS, type Recipe, type RenditionSpec, withDefaults } from '../presets/spec.ts';
import type { DecoderJob } from './decoder-protocol.ts';
import type { Source } from './download/fetch.ts';

export function planRenditions(
  { path, bytes }: Pick<Source, 'path' | 'bytes'>,
  recipe: Recipe,
  { wantsSynced } = { wantsSynced: true },
): DecoderJob {
  const renditions = recipe.renditions.map((spec) => ({ ...spec, output: outputPath(path, spec) }));
  return { input: path, bytes, renditions, ...(!wantsSynced && { isUnsynced: true }) };
}

/** The path that a decoder writes a rendition to: beside the source. */
export function outputPath(source: string, { name, format }: RenditionSpec): string {
  return `${source}.${name}.${FORMAT_FACTS[format].extension}`;
}

/** Raised by hand when the files of existing sources and recipes may change: see setIdOf. */
const EPOCH = 2;

/**
 * The id of the rendition set that a recipe makes of a source: 80 bits in base32hex. It hashes the source's
 * bytes, the recipe and the epoch, but no versions of libraries, so that the bytes under a key never change.
 * With 80 bits, two of 10^8 sets of a tenant share an id with a probability of 4 in 10^9.
 *
 * Of the recipe it hashes the settings that this version knows, because only those take effect:
 * - A recipe that an older version stored gets the id that the same preset has today, never the id of the files
 *   that version made, which may differ. Images that had ended keep theirs (images.hash16).
 * - Settings of a newer version, which this one cannot apply, do not change the id.
 */
export function setIdOf(source: Pick<Source, 'sha256'>, recipe: Recipe): string {
  const hash = createHash('sha256')
    .update(source.sha256)
    .update(JSON.stringify([EPOCH, recipe.renditions.map(withDefaults)]));
  const bits = BigInt(`0x${hash.digest('hex').slice(0, 20)}`);
  return bits.toString(32).padStart(16, '0');
}
