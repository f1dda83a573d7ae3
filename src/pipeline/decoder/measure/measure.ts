import type { Pixels } from '../decode.ts';
import { chromaOf, colourCountOf, hexOf, isGrey, isTransparent, lumaOf } from './colours.ts';
import { contrastOf } from './contrast.ts';
import type { Header } from './header.ts';
import { lookHash } from './look-hash.ts';
import { objectOf } from './object.ts';
import { LOOKED_AT, rasterOf } from './raster.ts';
import { type Ring, ringOf } from './ring.ts';
import { sharpnessOf } from './sharpness.ts';
import { type Box, type Content, type Measures, MEASURES_VERSION, type Side } from '../../measures.ts';

/** Measures a picture on its decoded pixels, which may be fewer than the source has. */
export function measure(pixels: Pixels, header: Header): Content {
  const { jpegQuality, isByAi, isMoving, samples, ...source } = header;
  const { width, height } = pixels;
  const sample = rasterOf(pixels, { x: 0, y: 0, width, height, columns: LOOKED_AT, rows: LOOKED_AT });
  const ring = ringOf(pixels);
  const contrast = contrastOf(sample, ring.background);
  const object = ring.isPlain ? objectOf(pixels, ring.background, contrast) : undefined;
  const isShrunk = width !== source.width || height !== source.height;
  const measures: Measures = {
    v: MEASURES_VERSION,
    measured: { width, height },
    background: hexOf(ring.background),
    border_white: rounded(ring.white),
    border_uniform: rounded(ring.uniform),
    plain: ring.isPlain,
    ...ofObject(object, { pixels, source, ring }),
    empty: ring.isPlain && object === undefined,
    transparent: isTransparent(pixels),
    grey: isGrey(sample),
    jpeg_quality: jpegQuality ?? null,
    sharpness: isShrunk ? null : roundedOrNull(sharpnessOf(pixels)),
    ai: isByAi,
    moving: isMoving,
    ...samples,
    chroma: chromaOf(contrast, ring.background),
    colour_count: colourCountOf(sample),
  };
  return { ...source, lookHash: lookHash(lumaOf(sample), sample) ?? null, measures };
}

type Size = { width: number; height: number };

function ofObject(
  box: Box | undefined,
  { pixels, source, ring }: { pixels: Size; source: Size; ring: Ring },
): Pick<Measures, 'object' | 'fill' | 'fill_box' | 'touches'> {
  if (!box) return { object: null, fill: null, fill_box: null, touches: [] };
  const [across, down] = [box.width / pixels.width, box.height / pixels.height];
  return {
    object: scaled(box, source.width / pixels.width, source.height / pixels.height),
    fill: rounded(Math.max(across, down)),
    fill_box: rounded(across * down),
    touches: touchedBy(box, pixels, ring.thickness),
  };
}

function scaled({ left, top, width, height }: Box, x: number, y: number): Box {
  const [right, bottom] = [Math.round((left + width) * x), Math.round((top + height) * y)];
  const [newLeft, newTop] = [Math.round(left * x), Math.round(top * y)];
  return { left: newLeft, top: newTop, width: right - newLeft, height: bottom - newTop };
}

function touchedBy({ left, top, width, height }: Box, pixels: Size, thickness: number): Side[] {
  const distances: Record<Side, number> = {
    top,
    right: pixels.width - left - width,
    bottom: pixels.height - top - height,
    left,
  };
  return (Object.keys(distances) as Side[]).filter((side) => distances[side] < thickness);
}

/** Rounds down to four digits, so that 1 means all. */
function rounded(share: number): number {
  return Math.floor(share * 10_000 + 1e-6) / 10_000;
}

function roundedOrNull(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}
