import type { Pixels } from '../decode.ts';
import type { Box, Side } from '../../measures.ts';
import { contrastOf, type Contrast } from './contrast.ts';
import { objectOf } from './object.ts';
import { LOOKED_AT, type Raster, rasterOf } from './raster.ts';
import { type Ring, ringOf } from './ring.ts';

/** `object`: undefined in a scene, and in an empty picture. In pixels of the decoded picture. */
export type Found = {
  ring: Ring;
  object: Box | undefined;
  touches: Side[];
  /** what was looked at, and what of it differs from the background */
  sample: Raster;
  contrast: Contrast;
};

export function findObject(pixels: Pixels): Found {
  const { width, height } = pixels;
  const sample = rasterOf(pixels, { x: 0, y: 0, width, height, columns: LOOKED_AT, rows: LOOKED_AT });
  const ring = ringOf(pixels);
  const contrast = contrastOf(sample, ring.background);
  const object = ring.isPlain ? objectOf(pixels, ring.background, contrast) : undefined;
  return { ring, object, touches: object ? touchedBy(object, pixels, ring.thickness) : [], sample, contrast };
}

function touchedBy(
  { left, top, width, height }: Box,
  pixels: { width: number; height: number },
  thickness: number,
): Side[] {
  const distances: Record<Side, number> = {
    top,
    right: pixels.width - left - width,
    bottom: pixels.height - top - height,
    left,
  };
  return (Object.keys(distances) as Side[]).filter((side) => distances[side] < thickness);
}
