import type { OutputFormat, RenditionSpec } from '../presets/spec.ts';
import type { SourceFormat } from './sniff.ts';
import type { Plan } from './decoder-protocol.ts';

// Bytes a pixel at the peak of decoding, the most of: design note images.md (50 MP) and 25 MP measured
// with libvips 8.18.7 on 2026-11-22 (lossy WebP 1.2, lossless 4.9, GIF 5.6, AVIF 18).
const DECODING: Record<SourceFormat, number> = { jpeg: 0.8, png: 1.2, webp: 5, gif: 6, tiff: 1.4, avif: 18 };
const DECODING_INTERLACED: Partial<Record<SourceFormat, number>> = { jpeg: 6.1, png: 9.4 };
const PIXELS = 4; // what the renditions are made from, when it is as large as the source

// Bytes and nanoseconds a pixel of encoding, from 2.6 and 16 MP measured as above on 2 cores, times three
// for the time: a loaded machine is slower. A PNG's are with a palette.
const ENCODING: Record<OutputFormat, { bytes: number; ns: number }> = {
  jpeg: { bytes: 7, ns: 40 },
  mozjpeg: { bytes: 7, ns: 300 },
  png: { bytes: 26, ns: 2_200 },
  webp: { bytes: 7, ns: 350 },
  avif: { bytes: 51, ns: 8_500 },
};
const TRIES_FOR_MAX_BYTES = 8; // halving 100 qualities, or the palettes

/** What a plan is expected to take at the most, in bytes. */
export function expectedMemory({ format, width, height, isInterlaced, renditions }: Plan): number {
  const codec = (isInterlaced && DECODING_INTERLACED[format]) || DECODING[format];
  const encoding = renditions.map((spec) => ENCODING[spec.format].bytes * outputPixels(spec, width * height));
  return width * height * (codec + PIXELS) + Math.max(...encoding);
}

/** What a child may have beside an image, in bytes. */
export const IDLE_CHILD = 512 * 2 ** 20; // 100 MB, and the memory of the image before that is kept for the next

/** What a child may have before it is killed, in bytes: twice of what is expected. */
export function memoryLimit(plan: Plan): number {
  return IDLE_CHILD + 2 * expectedMemory(plan);
}

/** How long a plan may take: so long for decoding, and for encoding what its formats need. */
export function deadlineMs({ width, height, renditions }: Plan, decodingMs: number): number {
  const encoding = renditions.map((spec) => {
    const tries = spec.max_bytes === null ? 1 : TRIES_FOR_MAX_BYTES;
    return (tries * ENCODING[spec.format].ns * outputPixels(spec, width * height)) / 1e6;
  });
  return Math.round(decodingMs + encoding.reduce((sum, ms) => sum + ms, 0));
}

/** At the most: an image is never enlarged, but `contain` puts it on a canvas. */
function outputPixels({ fit, width, height }: RenditionSpec, sourcePixels: number): number {
  const box = (width ?? Number.POSITIVE_INFINITY) * (height ?? Number.POSITIVE_INFINITY);
  return fit === 'contain' ? box : Math.min(box, sourcePixels);
}
