import type { Raster } from './raster.ts';
import { type Colour, TOLERANCE } from './ring.ts';

/** The pixels that differ from the background: how many in each row and column, and the sums of their channels. */
export type Contrast = { rows: Uint32Array; columns: Uint32Array; count: number; sums: Colour };

export function contrastOf({ data, width, height }: Raster, [red, green, blue]: Colour): Contrast {
  const [rows, columns] = [new Uint32Array(height), new Uint32Array(width)];
  let [count, reds, greens, blues] = [0, 0, 0, 0];
  for (let y = 0, at = 0; y < height; y += 1) {
    const before = count;
    for (let x = 0; x < width; x += 1, at += 3) {
      const [r, g, b] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
      const differs =
        Math.abs(r - red) > TOLERANCE || Math.abs(g - green) > TOLERANCE || Math.abs(b - blue) > TOLERANCE;
      if (!differs) continue;
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
