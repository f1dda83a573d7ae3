/** Contrast of the page's colours (WCAG 2.2: 1.4.3, 1.4.11), in both themes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const TOKENS = readFileSync(join(import.meta.dirname, '..', '..', 'web', 'style', 'tokens.css'), 'utf8');
const THEMES = ['light', 'dark'] as const;

const colours = new Map(
  [...TOKENS.matchAll(/--([\w-]+):\s*light-dark\(\s*(#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\s*\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ['bg', 'surface', 'raised', 'sunken'];
const PAIRS: [front: string, grounds: string[], least: number][] = [
  ['ink', [...GROUNDS, 'accent-weak', 'ok-weak', 'bad-weak', 'warn-weak'], 7],
  ['ink-2', GROUNDS, 4.5],
  ['ink-3', GROUNDS, 4.5],
  ['accent', ['bg', 'surface', 'accent-weak'], 4.5],
  ['ok', ['bg', 'surface', 'ok-weak'], 4.5],
  ['bad', ['bg', 'surface', 'bad-weak'], 4.5],
  ['warn', ['bg', 'surface', 'warn-weak'], 4.5],
  ['control', GROUNDS, 3],
  ['ok-bar', ['bg', 'surface'], 3],
  ['bad-bar', ['bg', 'surface'], 3],
  ['accent-solid', ['bg', 'surface'], 3],
];

describe('contrast', () => {
  for (const theme of THEMES)
    test(theme, () => {
      for (const [front, grounds, least] of PAIRS)
        for (const ground of grounds) {
          const [a, b] = [colours.get(front)?.[theme], colours.get(ground)?.[theme]];
          assert.ok(a && b, `${front} or ${ground} is not a pair of colours`);
          const found = contrast(a, b);
          assert.ok(found >= least, `${front} on ${ground}: ${found.toFixed(2)} < ${least}`);
        }
      const solid = colours.get('accent-solid')?.[theme] ?? '';
      assert.ok(contrast('#ffffff', solid) >= 4.5, 'white on accent-solid');
    });
});
