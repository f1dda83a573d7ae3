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

/** How many images the sheet shows in one part. */
export function partSize(grid: Grid, pixelRatio: number): number {
  const rows = Math.floor(MOST_PIXELS / pixelRatio / grid.step);
  return Math.min(MOST_IMAGES, rows * grid.columns);
}
