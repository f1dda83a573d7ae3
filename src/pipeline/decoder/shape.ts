/** Resizes, cuts, sharpens and pads as a rendition says. */
import sharp, { type Sharp } from 'sharp';
import type { RenditionSpec } from '../../presets/spec.ts';
import type { Box } from '../measures.ts';
import type { Pixels } from './decode.ts';
import { type Geometry, geometryOf } from './geometry.ts';
import { findObject } from './measure/find-object.ts';

export const SHARPEN_SIGMA = 0.7; // pixels: as much as shrinking blurs

/** @returns makes the picture anew for each try of encoding it */
export function shaperOf(pixels: Pixels, rendition: RenditionSpec): () => Sharp {
  const { data, ...raw } = pixels;
  const geometry = geometryOf(raw, rendition);
  const { padding } = geometry;
  const resize = resizerOf(pixels, geometry, rendition);
  return () => {
    const image = sharp(data, { raw });
    resize(image);
    if (rendition.sharpen) image.sharpen({ sigma: SHARPEN_SIGMA });
    if (padding) image.extend({ ...padding, background: colourOf(rendition.background) });
    return image;
  };
}

function resizerOf(
  pixels: Pixels,
  { resized, cut }: Geometry,
  { position = 'centre' }: RenditionSpec,
): (image: Sharp) => void {
  const object = cut && position === 'object' ? findObject(pixels).object : undefined;
  if (cut && position !== 'centre' && !object) {
    const strategy = sharp.strategy[position === 'entropy' ? 'entropy' : 'attention'];
    return (image) =>
      image.resize({ width: cut.width, height: cut.height, fit: 'cover', position: strategy });
  }
  const window = cut && object ? around(object, cut, resized, resized.width / pixels.width) : cut;
  const isSame = resized.width === pixels.width && resized.height === pixels.height;
  return (image) => {
    if (!isSame) image.resize({ ...resized, fit: 'fill' });
    if (window) image.extract(window);
  };
}

type Cut = NonNullable<Geometry['cut']>;

/** The cut with the object in its middle, as far as the picture reaches. */
function around(object: Box, cut: Cut, resized: Geometry['resized'], scale: number): Cut {
  const start = (from: number, length: number, part: number, whole: number): number =>
    Math.round(Math.min(whole - part, Math.max(0, (from + length / 2) * scale - part / 2)));
  return {
    ...cut,
    left: start(object.left, object.width, cut.width, resized.width),
    top: start(object.top, object.height, cut.height, resized.height),
  };
}

export function colourOf(background: string): string | { r: number; g: number; b: number; alpha: number } {
  return background === 'transparent' ? { r: 0, g: 0, b: 0, alpha: 0 } : background;
}
