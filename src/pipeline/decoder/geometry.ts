import type { RenditionSpec } from '../../presets/spec.ts';

export type Size = { width: number; height: number };

/** How the pixels of a rendition come from those of a picture: resized, then cut, then put on a canvas. */
export type Geometry = {
  resized: Size;
  cut: { left: number; top: number; width: number; height: number } | undefined;
  padding: { top: number; bottom: number; left: number; right: number } | undefined;
};

type Box = Pick<RenditionSpec, 'fit' | 'width' | 'height'>;

/** Nothing is ever enlarged; only `contain` gives exactly its width and height whatever the picture. */
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
    ...{ width, height },
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

/**
 * The size to decode to, from which every rendition can be made by shrinking: what sharp's resize takes,
 * which shrinks a JPEG while it is read. Undefined: the whole source.
 */
export function decodeSize(
  boxes: Box[],
): { fit: 'inside' | 'outside'; width: number | undefined; height: number | undefined } | undefined {
  const width = Math.max(...boxes.map((box) => box.width ?? Number.POSITIVE_INFINITY));
  const height = Math.max(...boxes.map((box) => box.height ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(width) && !Number.isFinite(height)) return undefined;
  const fit = boxes.some((box) => box.fit === 'cover') ? 'outside' : 'inside';
  // A side that is free bounds nothing: inside an endless side, and not outside of one.
  if (fit === 'outside' && !(Number.isFinite(width) && Number.isFinite(height))) return undefined;
  return { fit, width: finite(width), height: finite(height) };
}

function finite(side: number): number | undefined {
  return Number.isFinite(side) ? side : undefined;
}
