import { freeMemory } from '../../../free-memory.ts';
import type { Pixels } from '../decode.ts';
import type { Box } from '../../measures.ts';
import { type Colour, contrastOf, type Contrast } from './contrast.ts';
import { placeOf, rasterOf, type Window } from './raster.ts';

const LEAST_SHARE = 0.002;
const LEAST_PIXELS = 2;

/**
 * The smallest box with every row and column in which enough pixels differ from the background. `contrast`, of some
 * rows and columns, says where to look; where the object begins and ends is then found in all pixels there.
 * @returns in pixels of the picture
 */
export function objectOf(pixels: Pixels, background: Colour, contrast: Contrast): Box | undefined {
  const { width, height } = pixels;
  const contrastIn = (window: Window): Contrast => {
    const raster = rasterOf(pixels, window);
    const found = contrastOf(raster, background);
    freeMemory(raster.data);
    return found;
  };
  const rows = (y: number, end: number): Uint32Array => contrastIn({ x: 0, y, width, height: end - y }).rows;
  const columns = (x: number, end: number): Uint32Array =>
    contrastIn({ x, y: 0, width: end - x, height }).columns;
  const down = extent(contrast.rows, { length: height, across: width, exact: rows });
  const across = down && extent(contrast.columns, { length: width, across: height, exact: columns });
  if (!down || !across) return undefined;
  return {
    left: across.first,
    top: down.first,
    width: across.last + 1 - across.first,
    height: down.last + 1 - down.first,
  };
}

type Lines = {
  /** how many lines there are, and how many pixels each has */
  length: number;
  across: number;
  /** how many pixels of each line from `start` to before `end` differ */
  exact(start: number, end: number): Uint32Array;
};

/** The first and the last line with enough pixels. @param counts of the lines that were looked at */
function extent(counts: Uint32Array, lines: Lines): { first: number; last: number } | undefined {
  const met = [...counts.keys()].filter((i) => (counts[i] ?? 0) > 0);
  const isEnough = (count: number): boolean =>
    count >= Math.min(LEAST_PIXELS, lines.across) && count > LEAST_SHARE * lines.across;
  const place = (i: number): number => placeOf(i, counts.length, lines.length);

  /** Searches the lines between those that were looked at before and behind the i-th. */
  const first = firstDefined(met, (i) => {
    const start = i === 0 ? 0 : place(i - 1) + 1;
    const found = lines.exact(start, place(i) + 1).findIndex(isEnough);
    // What is thin, as an aerial, may lie between the pixels that were looked at: the object goes on line by line.
    return found === 0 ? grown(start, -1, lines, isEnough) : found > 0 ? start + found : undefined;
  });
  const last = firstDefined(met.toReversed(), (i) => {
    const end = i + 1 === counts.length ? lines.length : place(i + 1);
    const found = lines.exact(place(i), end).findLastIndex(isEnough);
    const line = place(i) + found;
    return line + 1 === end ? grown(line, 1, lines, isEnough) : found >= 0 ? line : undefined;
  });
  return first === undefined || last === undefined ? undefined : { first, last };
}

function firstDefined(items: number[], find: (item: number) => number | undefined): number | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const AT_ONCE = 4; // lines

/** The last line in a direction up to which all have enough pixels. */
function grown(from: number, by: -1 | 1, lines: Lines, isEnough: (count: number) => boolean): number {
  let line = from;
  for (;;) {
    const [start, end] = by < 0 ? [line - AT_ONCE, line] : [line + 1, line + 1 + AT_ONCE];
    const [begin, stop] = [Math.max(0, start), Math.min(lines.length, end)];
    const counts = stop > begin ? [...lines.exact(begin, stop)] : [];
    const ordered = by < 0 ? counts.toReversed() : counts;
    const broken = ordered.findIndex((count) => !isEnough(count));
    const more = broken < 0 ? ordered.length : broken;
    line += by * more;
    if (more < AT_ONCE) return line;
  }
}
