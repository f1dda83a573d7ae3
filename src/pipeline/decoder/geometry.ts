import type { RenditionSpec } from '../../presets/spec.ts';

export type Size = { width: number; height: number };

/** How a picture becomes a rendition: it is resized, then cut, then padded. In pixels. */
export type Geometry = {
  resized: Size;
  cut: { left: number; top: number; width: number; height: number } | undefined;
  padding: { top: number; bottom: number; left: number; right: number } | undefined;
};

type Box = Pick<RenditionSpec, 'fit' | 'width' | 'height'>;

/** Never enlarges. Only `contain` always has exactly its width and height. For `object` see object-geometry.ts. */
export function geometryOf(picture: Size, { fit, width, height }: Box): Geometry {
  const box = { width: width ?? Number.POSITIVE_INFINITY, height: height ?? Number.POSITIVE_INFINITY };
  const [across, down] = [box.width / picture.width, box.height / picture.height];
  const scale = Math.min(1, fit === 'cover' ? Math.max(across, down) : Math.min(across, down));
  const resized = {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
  return {
    resized,
    cut: fit === 'cover' ? centred(resized, box) : undefined,
    padding: fit === 'contain' ? around(resized, box) : undefined,
  };
}

function centred(from: Size, box: Size): Geometry['cut'] {
  const [width, height] = [Math.min(from.width, box.width), Math.min(from.height, box.height)];
  if (width === from.width && height === from.height) return undefined;
  return {
    width,
    height,
    left: Math.floor((from.width - width) / 2),
    top: Math.floor((from.height - height) / 2),
  };
}

function around(picture: Size, box: Size): Geometry['padding'] {
  const [across, down] = [box.width - picture.width, box.height - picture.height];
  if (across <= 0 && down <= 0) return undefined;
  const [left, top] = [Math.floor(across / 2), Math.floor(down / 2)];
  return { left, right: across - left, top, bottom: down - top };
}

const ROOM_AROUND = 2; // an object that takes half of the picture's side has pixels enough

const MEASURED_SIDE = 1600; // pixels: enough for all measures

/**
 * The smallest size, as an argument of sharp's resize, from which every rendition can be made by shrinking: libvips
 * shrinks a JPEG while it reads it. Undefined: the size of the source.
 * An object may be small in its picture: decoded-pixels.ts decodes again if it is too small.
 * Without any rendition the picture is only measured.
 */
export function decodeSize(
  boxes: Box[],
): { fit: 'inside' | 'outside'; width: number | undefined; height: number | undefined } | undefined {
  if (boxes.length === 0) return { fit: 'inside', width: MEASURED_SIDE, height: MEASURED_SIDE };
  const needed = (box: Box, side: number | null): number =>
    (side ?? Number.POSITIVE_INFINITY) * (box.fit === 'object' ? ROOM_AROUND : 1);
  const width = Math.max(...boxes.map((box) => needed(box, box.width)));
  const height = Math.max(...boxes.map((box) => needed(box, box.height)));
  if (!Number.isFinite(width) && !Number.isFinite(height)) return undefined;
  const fit = boxes.some((box) => box.fit === 'cover') ? 'outside' : 'inside';
  // `outside` needs both sides: with a free one, the other may be of any size.
  if (fit === 'outside' && !(Number.isFinite(width) && Number.isFinite(height))) return undefined;
  return { fit, width: finite(width), height: finite(height) };
}

function finite(side: number): number | undefined {
  return Number.isFinite(side) ? side : undefined;
}
