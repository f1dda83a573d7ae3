import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeNumber, recipesOf } from '../../src/intake/recipe-numbers.ts';
import { BUILTIN_PRESETS } from '../../src/presets/builtin.ts';
import type { Preset } from '../../src/presets/spec.ts';

const byName = new Map(BUILTIN_PRESETS.map((preset) => [preset.name, preset]));

function presetNamed(name: string): Preset {
  const preset = byName.get(name);
  assert.ok(preset);
  return preset;
}

const COMBINATIONS = [{}, { preset: 'ebay' }, { quality: 40 }];

/** The preset and the first quality of the recipe of each combination, at positions 1 and 2. */
function chosen(mainPreset: Preset | undefined): string[][] {
  const recipes = recipesOf(COMBINATIONS, { preset: presetNamed('web'), mainPreset }, byName);
  return COMBINATIONS.map((_, combination) =>
    [1, 2].map((position) => {
      const recipe = recipes[recipeNumber(combination, position, mainPreset !== undefined)];
      return `${recipe?.preset} ${recipe?.renditions[0]?.quality}`;
    }),
  );
}

test("main images have their own preset unless the row names one; a row's other options hold for both", () => {
  assert.deepEqual(chosen(undefined), [
    ['web 80', 'web 80'],
    ['ebay 90', 'ebay 90'],
    ['web 40', 'web 40'],
  ]);
  assert.deepEqual(chosen(presetNamed('amazon')), [
    ['amazon 85', 'web 80'],
    ['ebay 90', 'ebay 90'],
    ['amazon 40', 'web 40'],
  ]);
});

test('a batch without a preset for main images has the recipes that it always had', () => {
  const recipes = recipesOf(COMBINATIONS, { preset: presetNamed('web'), mainPreset: undefined }, byName);
  assert.deepEqual(
    recipes.map(({ preset }) => preset),
    ['web', 'ebay', 'web'],
  );
});
