import type { Pixels } from '../decode.ts';
import { type Colour, contrastOf, type Contrast } from './contrast.ts';
import { rasterOf } from './raster.ts';
import type { Steps } from './steps.ts';
import type { Box } from '../../measures.ts';

const LEAST_SHARE = 0.002;
const LEAST_PIXELS = 2;

/**
 * The smallest box with every row and column in which enough pixels differ from the background. Where it begins and
 * ends is looked up in all pixels around the outermost rows and columns that `contrast`, of every step, points at.
 * @returns in pixels of the picture
 */
export function objectOf(
  pixels: Pixels,
  { background, contrast, steps }: { background: Colour; contrast: Contrast; steps: Steps },
): Box | undefined {
  const { width, height } = pixels;
  const rows = (y: number, end: number): Uint32Array =>
    contrastOf(rasterOf(pixels, { x: 0, y, width, height: end - y }), background).rows;
  const columns = (x: number, end: number): Uint32Array =>
    contrastOf(rasterOf(pixels, { x, y: 0, width: end - x, height }), background).columns;
  const down = extent(contrast.rows, { step: steps.stepY, length: height, across: width, exact: rows });
  const across = extent(contrast.columns, {
    step: steps.stepX,
    length: width,
    across: height,
    exact: columns,
  });
  if (!down || !across) return undefined;
  return {
    left: across.first,
    top: down.first,
    width: across.last + 1 - across.first,
    height: down.last + 1 - down.first,
  };
}

type Lines = {
  step: number;
  /** how many lines there are, and how many pixels each has */
  length: number;
  across: number;
  /** how many pixels of each line from `start` to before `end` differ */
  exact(start: number, end: number): Uint32Array;
};

/** The first and the last line with enough pixels. */
function extent(counts: Uint32Array, lines: Lines): { first: number; last: number } | undefined {
  const met = [...counts.keys()].filter((line) => (counts[line] ?? 0) > 0);
  const first = firstOf(met, lines, (found) => found.findIndex((count) => isEnough(count, lines.across)));
  const last = firstOf(met.toReversed(), lines, (found) =>
    found.findLastIndex((count) => isEnough(count, lines.across)),
  );
  return first === undefined || last === undefined ? undefined : { first, last };
}

function isEnough(count: number, across: number): boolean {
  return count >= Math.min(LEAST_PIXELS, across) && count > LEAST_SHARE * across;
}

function firstOf(
  met: number[],
  { step, length, exact }: Lines,
  search: (counts: Uint32Array) => number,
): number | undefined {
  for (const line of met) {
    const start = Math.max(0, (line - 1) * step + 1);
    const found = search(exact(start, Math.min(length, (line + 1) * step)));
    if (found >= 0) return start + found;
  }
  return undefined;
}
