import type { RenditionSpec } from '../../api/types.ts';

/** Size of a file, and where the picture is in it. It may reach over the edges: what is outside is cut off. */
export type Layout = {
  width: number;
  height: number;
  picture: { x: number; y: number; w: number; h: number };
};

type Box = Pick<RenditionSpec, 'fit' | 'width' | 'height'>;

/** As the server does it: an image is never enlarged. */
export function layoutOf({ fit, width, height }: Box, sourceWidth: number, sourceHeight: number): Layout {
  const byWidth = width === null ? Infinity : width / sourceWidth;
  const byHeight = height === null ? Infinity : height / sourceHeight;
  const wanted =
    fit === 'cover' && width !== null && height !== null
      ? Math.max(byWidth, byHeight)
      : Math.min(byWidth, byHeight);
  const scale = Math.min(1, wanted);
  const w = Math.max(1, Math.round(sourceWidth * scale));
  const h = Math.max(1, Math.round(sourceHeight * scale));
  if (fit === 'inside' || width === null || height === null)
    return { width: w, height: h, picture: { x: 0, y: 0, w, h } };
  const box =
    fit === 'contain' ? { width, height } : { width: Math.min(width, w), height: Math.min(height, h) };
  const picture = { x: Math.round((box.width - w) / 2), y: Math.round((box.height - h) / 2), w, h };
  return { ...box, picture };
}
