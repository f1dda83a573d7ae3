import type { Box } from '../measures.ts';
import type { RenditionSpec } from '../../presets/spec.ts';
import { geometryOf, type Size } from './geometry.ts';

/** A part of the picture and where it goes, in whole pixels. What it does not cover of the canvas is padded. */
export type Placement = { canvas: Size; window: Box; place: Box };

/** `missing`: how many pixels the object has of those that it would need along the side that decides. */
export type ObjectPlacement = Placement & { missing: { measured: number; required: number } | undefined };

export type ObjectBox = {
  width: number;
  height: number;
  fill: number;
  enlarge: number;
  /** the least width of the canvas */
  min_width: number;
};

/** How many times the object has to be enlarged to fill the whole box as it is wanted. */
export function wantedScale(object: Size, { width, height, fill }: ObjectBox): number {
  return fill / Math.max(object.width / width, object.height / height);
}

const TOLERANCE = 0.02; // of the object: compression moves its edges by some pixels
const OFF_CENTRE = 0.01; // of a side

/** Centres the object, and gives it its share of the canvas; a canvas becomes smaller before an object is enlarged. */
export function objectPlacement(picture: Size, object: Box, box: ObjectBox): ObjectPlacement {
  const wanted = wantedScale(object, box);
  const least = Math.min(1, box.min_width / box.width);
  const share = Math.max(least, Math.min(1, box.enlarge / wanted));
  const canvas = { width: Math.round(box.width * share), height: Math.round(box.height * share) };
  const scale = Math.min(wanted * share, box.enlarge);
  const needed = (least * wanted) / box.enlarge;
  const missing = needed > 1 + TOLERANCE ? missingPixels(object, box, needed) : undefined;
  if (isDone(picture, object, { canvas, scale }))
    return { canvas, window: whole(picture), place: whole(canvas), missing };
  const across = placed(object.left + object.width / 2, picture.width, canvas.width, scale);
  const down = placed(object.top + object.height / 2, picture.height, canvas.height, scale);
  return {
    canvas,
    window: { left: across.from, width: across.length, top: down.from, height: down.length },
    place: { left: across.at, width: across.covered, top: down.at, height: down.covered },
    missing,
  };
}

function missingPixels(object: Size, { width, height }: ObjectBox, needed: number) {
  const measured = object.width / width >= object.height / height ? object.width : object.height;
  return { measured, required: Math.ceil(measured * needed) };
}

/** Whether the picture is as it should be, such as one that was made before: to resize it again would only blur it. */
function isDone(picture: Size, object: Box, { canvas, scale }: { canvas: Size; scale: number }): boolean {
  const isCentred = (start: number, length: number, side: number): boolean =>
    Math.abs(start + length / 2 - side / 2) <= OFF_CENTRE * side;
  return (
    picture.width === canvas.width &&
    picture.height === canvas.height &&
    Math.abs(scale - 1) <= TOLERANCE &&
    isCentred(object.left, object.width, picture.width) &&
    isCentred(object.top, object.height, picture.height)
  );
}

/**
 * Along one side: which part of the picture is seen if `centre` is in the middle of the canvas, and where.
 * The part is cut in whole pixels, so the scale differs by less than a pixel.
 */
function placed(centre: number, length: number, canvas: number, scale: number) {
  const start = centre - canvas / 2 / scale;
  const end = start + canvas / scale;
  const [from, to] = [Math.max(0, Math.round(start)), Math.min(length, Math.round(end))];
  const at = from === 0 ? Math.max(0, Math.round(-start * scale)) : 0;
  const stop = to === length ? Math.min(canvas, Math.round((length - start) * scale)) : canvas;
  return { from, length: to - from, at, covered: Math.max(1, stop - at) };
}

/** As the fit `contain`: the whole picture, padded. */
export function wholePlacement(picture: Size, box: Pick<RenditionSpec, 'width' | 'height'>): Placement {
  const { resized, padding } = geometryOf(picture, { ...box, fit: 'contain' });
  const { left = 0, top = 0 } = padding ?? {};
  const canvas = { width: box.width ?? resized.width, height: box.height ?? resized.height };
  return { canvas, window: whole(picture), place: { left, top, ...resized } };
}

function whole({ width, height }: Size): Box {
  return { left: 0, top: 0, width, height };
}

export function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
