import type { Preset, Recipe } from '../presets/spec.ts';
import { recipeOf, type RowOptions } from './row-options.ts';

/** What makes the images of a batch whose rows choose no preset. `mainPreset`: of main images, if they have their own. */
export type BatchPresets = { preset: Preset; mainPreset: Preset | undefined };

/**
 * The index of an image's recipe in those of its batch. Where main images have a preset of their own, each combination
 * of row options has two recipes: the second one is for main images.
 * @param combination its number, from 0
 */
export function recipeNumber(combination: number, position: number, hasMainPreset: boolean): number {
  if (!hasMainPreset) return combination;
  return combination * 2 + (position === 1 ? 1 : 0);
}

/** The recipes of a batch in the order of `recipeNumber`. A row's own preset is that of its main image, too. */
export function recipesOf(
  combinations: RowOptions[],
  { preset, mainPreset }: BatchPresets,
  byName: ReadonlyMap<string, Preset>,
): Recipe[] {
  return combinations.flatMap((rowOptions) => {
    const own = byName.get(rowOptions.preset ?? '');
    const others = recipeOf(own ?? preset, rowOptions);
    return mainPreset ? [others, recipeOf(own ?? mainPreset, rowOptions)] : [others];
  });
}
