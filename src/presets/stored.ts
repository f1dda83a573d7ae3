/**
 * Presets and recipes as the database has them, of whichever version they are: `presets.renditions` and
 * `batches.recipes` are read through here only. Settings that an older version did not know are
 * completed; those that only a newer one knows stay as they are.
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
