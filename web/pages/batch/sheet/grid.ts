/** Cells of one size, so a place is a multiplication, also with 100,000 images. All in CSS pixels. */
export type Grid = {
  columns: number;
  /** width and height of a picture */
  cell: number;
  /** from one row to the next */
  step: number;
};

export const GAP = 10;
/** above a picture: row and name of its product */
const HEAD = 26;
const BELOW = 14;

export const SIZES = { s: 92, m: 132, l: 208 };
export type Size = keyof typeof SIZES;

/** so that a phone shows a product of three images in one line */
const LEAST_COLUMNS = 3;

export function gridOf(width: number, size: number): Grid {
  const columns = Math.max(LEAST_COLUMNS, Math.floor((width + GAP) / (size + GAP)));
  const cell = Math.max(40, Math.floor((width - GAP * (columns - 1)) / columns));
  return { columns, cell, step: cell + HEAD + BELOW };
}

export function heightOf({ columns, step }: Grid, count: number): number {
  return Math.max(1, Math.ceil(count / columns)) * step;
}

export function placeOf(
  { columns, cell, step }: Grid,
  index: number,
): { x: number; y: number; column: number } {
  const column = index % columns;
  return { x: column * (cell + GAP), y: Math.floor(index / columns) * step, column };
}

const ROWS_AROUND = 1;

/** The indexes that are in view, with a row above and below. @param top of the view, from the begin of the sheet */
export function inView(grid: Grid, count: number, top: number, height: number): { from: number; to: number } {
  const first = Math.max(0, Math.floor(top / grid.step) - ROWS_AROUND);
  const last = Math.ceil((top + height) / grid.step) + ROWS_AROUND;
  return {
    from: Math.min(count, first * grid.columns),
    to: Math.max(0, Math.min(count, last * grid.columns)),
  };
}

/** Browsers cap the height of an element: Firefox at 17 million device pixels, and some draw nothing there. */
const MOST_PIXELS = 15_000_000;
const MOST_IMAGES = 100_000;

/** How many images the sheet shows in one part: whole lines of it. */
function partSize({ columns, step }: Grid, pixelRatio: number): number {
  const lines = Math.floor(MOST_PIXELS / pixelRatio / step);
  return Math.min(Math.floor(MOST_IMAGES / columns), lines) * columns;
}

/** The part of the sheet that is shown. */
export type Part = { first: number; count: number };

/** @param index a place in it @param count of the whole sheet */
export function partAround(grid: Grid, index: number, count: number): Part {
  const size = partSize(grid, devicePixelRatio || 1);
  const first = Math.floor(index / size) * size;
  return { first, count: Math.min(size, count - first) };
}

/** The first and the last index of the sheet that is in view. @param view its top from the begin of the part */
export function indexesInView(
  { columns, step }: Grid,
  { first, count }: Part,
  { top, height }: { top: number; height: number },
): { from: number; to: number } {
  const at = (y: number): number => first + Math.max(0, Math.min(count - 1, Math.floor(y / step) * columns));
  return { from: at(top), to: at(top + height) };
}
