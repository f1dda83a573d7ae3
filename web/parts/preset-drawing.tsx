import type { RenditionSpec } from '../api/types.ts';

const SIDE = 34;
const LARGEST = 2_000;

/** The files of a preset as rectangles in proportion: the largest, and the smallest in its corner. */
export function PresetDrawing({ renditions }: { renditions: RenditionSpec[] }) {
  const sizes = renditions.map(sizeOf).toSorted((a, b) => b.w * b.h - a.w * a.h);
  const [large] = sizes;
  const small = sizes.length > 1 ? sizes.at(-1) : undefined;
  if (!large) return null;
  return (
    <svg viewBox="0 0 38 38" aria-hidden="true">
      <rect x={2} y={2 + (SIDE - large.h) / 2} width={large.w} height={large.h} rx="2" />
      {small && <rect x={33 - small.w} y={33 - small.h} width={small.w} height={small.h} rx="1" />}
    </svg>
  );
}

function sizeOf({ width, height }: RenditionSpec): { w: number; h: number } {
  if (width === null && height === null) return { w: SIDE, h: SIDE * 0.7 };
  const longest = Math.max(width ?? 0, height ?? 0);
  const scale = (SIDE * Math.max(0.24, Math.min(1, longest / LARGEST + 0.2))) / longest;
  return { w: (width ?? longest) * scale, h: (height ?? longest) * scale };
}

const FORMATS: Record<string, string> = {
  jpeg: 'JPEG',
  mozjpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
};

/** `1600 × 1600 JPEG, quality 80` */
export function specText({ width, height, format, quality, fit }: RenditionSpec): string {
  const box =
    width === null && height === null
      ? 'as large as the source'
      : `${fit === 'inside' ? 'up to ' : ''}${width ?? 'any'} × ${height ?? 'any'} px`;
  return `${box}, ${FORMATS[format] ?? format}${quality === null ? '' : ` of quality ${quality}`}`;
}
