import type { Raster } from './raster.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** The pixels that differ from the background: how many in each row and column, and the sums of their channels. */
export type Contrast = { rows: Uint32Array; columns: Uint32Array; count: number; sums: Colour };

export const TOLERANCE = 16; // of each channel

export function contrastOf({ data, width, height }: Raster, [red, green, blue]: Colour): Contrast {
  const [rows, columns] = [new Uint32Array(height), new Uint32Array(width)];
  let [count, reds, greens, blues] = [0, 0, 0, 0];
  for (let y = 0, at = 0; y < height; y += 1) {
    const before = count;
    for (let x = 0; x < width; x += 1, at += 3) {
      const r = data[at] ?? 0;
      const g = data[at + 1] ?? 0;
      const b = data[at + 2] ?? 0;
      if (!isFar(r - red) && !isFar(g - green) && !isFar(b - blue)) continue;
      count += 1;
      columns[x] = (columns[x] ?? 0) + 1;
      reds += r;
      greens += g;
      blues += b;
    }
    rows[y] = count - before;
  }
  return { rows, columns, count, sums: [reds, greens, blues] };
}

function isFar(difference: number): boolean {
  return difference > TOLERANCE || difference < -TOLERANCE;
}
