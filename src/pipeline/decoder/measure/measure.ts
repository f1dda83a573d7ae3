import { freeMemory } from '../../../free-memory.ts';
import type { Pixels } from '../decode.ts';
import { chromaOf, colourCountOf, hexOf, isGrey, isTransparent, lumaOf } from './colours.ts';
import { type Found, findObject } from './find-object.ts';
import type { Header } from './header.ts';
import { lookHash } from './look-hash.ts';
import { sharpnessOf } from './sharpness.ts';
import { type Box, type Content, type Measures, MEASURES_VERSION } from '../../measures.ts';

/** Measures a picture on its decoded pixels, which may be fewer than the source has. */
export function measure(pixels: Pixels, header: Header): Content {
  const { jpegQuality, isByAi, isMoving, samples, ...source } = header;
  const { width, height } = pixels;
  const found = findObject(pixels);
  const { ring, object, sample, contrast } = found;
  const isShrunk = width !== source.width || height !== source.height;
  const measures: Measures = {
    v: MEASURES_VERSION,
    measured: { width, height },
    background: hexOf(ring.background),
    border_white: rounded(ring.white),
    border_uniform: rounded(ring.uniform),
    plain: ring.isPlain,
    ...ofObject(found, { pixels, source }),
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
  const luma = lumaOf(sample);
  const content = { ...source, lookHash: lookHash(luma, sample) ?? null, measures };
  freeMemory(luma);
  freeMemory(sample.data);
  return content;
}

type Size = { width: number; height: number };

function ofObject(
  { object: box, touches }: Found,
  { pixels, source }: { pixels: Size; source: Size },
): Pick<Measures, 'object' | 'fill' | 'fill_box' | 'touches'> {
  if (!box) return { object: null, fill: null, fill_box: null, touches: [] };
  const [across, down] = [box.width / pixels.width, box.height / pixels.height];
  return {
    object: scaled(box, source.width / pixels.width, source.height / pixels.height),
    fill: rounded(Math.max(across, down)),
    fill_box: rounded(across * down),
    touches,
  };
}

function scaled({ left, top, width, height }: Box, x: number, y: number): Box {
  const [right, bottom] = [Math.round((left + width) * x), Math.round((top + height) * y)];
  const [newLeft, newTop] = [Math.round(left * x), Math.round(top * y)];
  return { left: newLeft, top: newTop, width: right - newLeft, height: bottom - newTop };
}

/** Rounds down to four digits, so that 1 means all. */
function rounded(share: number): number {
  return Math.floor(share * 10_000 + 1e-6) / 10_000;
}

function roundedOrNull(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}
