/**
 * Renditions as the database has them, of whichever version they are: `batches.recipes` and
 * `presets.renditions` are read through here only. Settings that an older version did not know are
 * completed; those that only a newer one knows stay as they are.
 */
import { type PartialSpec, type Recipe, type RenditionSpec, withDefaults } from './spec.ts';

export type StoredRenditions = PartialSpec[];
export type StoredRecipe = Omit<Recipe, 'renditions'> & { renditions: StoredRenditions };

export function readRenditions(stored: StoredRenditions): RenditionSpec[] {
  return stored.map((spec) => ({ ...withDefaults(spec), ...spec }));
}

export function readRecipe(stored: StoredRecipe): Recipe {
  return { ...stored, renditions: readRenditions(stored.renditions) };
}
