/**
 * Reads presets and recipes that any version has stored: all reads of `presets.renditions` and `batches.recipes`
 * pass through here. Settings that an older version did not know get their defaults; settings that only a newer
 * version knows are kept.
 */
import { type PartialSpec, type Preset, type Recipe, type RenditionSpec, withDefaults } from './spec.ts';

type Stored<T> = Omit<T, 'renditions'> & { renditions: PartialSpec[] };

export type StoredRecipe = Stored<Recipe>;
export type StoredPreset = Stored<Preset>;

export function readRecipe(stored: StoredRecipe): Recipe {
  return { ...stored, renditions: stored.renditions.map(readSpec) };
}

export function readPreset(stored: StoredPreset): Preset {
  return { ...stored, renditions: stored.renditions.map(readSpec) };
}

function readSpec(stored: PartialSpec): RenditionSpec {
  return { ...withDefaults(stored), ...stored };
}
