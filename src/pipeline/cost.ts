import type { OutputFormat, RenditionSpec } from '../presets/spec.ts';
import type { SourceFormat } from './sniff.ts';
import type { Plan } from './decoder-protocol.ts';

// Peak memory of decoding, in bytes per pixel: the higher of two measurements, at 50 megapixels, and at 25 with
// libvips 8.18.7 on 2026-11-22 (lossy WebP 1.2, lossless 4.9, GIF 5.6, AVIF 18).
const DECODING: Record<SourceFormat, number> = { jpeg: 0.8, png: 1.2, webp: 5, gif: 6, tiff: 1.4, avif: 18 };
const DECODING_INTERLACED: Partial<Record<SourceFormat, number>> = { jpeg: 6.1, png: 9.4 };
const PIXELS = 4; // bytes per decoded pixel, from which all renditions are made
// Of the fit object, per decoded pixel: decoded with fewer pixels before (4), a copy (3), three bytes for whitening.
const FITTING = 10;

// Encoding, in bytes and nanoseconds per output pixel: measured as above at 2.6 and 16 megapixels on 2 cores. The time
// is tripled, because a loaded machine is slower. PNG is measured with a palette.
const ENCODING: Record<OutputFormat, { bytes: number; ns: number }> = {
  jpeg: { bytes: 7, ns: 40 },
  mozjpeg: { bytes: 7, ns: 300 },
  png: { bytes: 26, ns: 2_200 },
  webp: { bytes: 7, ns: 350 },
  avif: { bytes: 51, ns: 8_500 },
};
const TRIES_FOR_MAX_BYTES = 8; // bisecting 100 qualities, or all palettes

/** The memory that a plan is expected to need at most, in bytes. */
export function expectedMemory({ format, width, height, isInterlaced, renditions }: Plan): number {
  const codec = (isInterlaced && DECODING_INTERLACED[format]) || DECODING[format];
  const encoding = renditions.map((spec) => ENCODING[spec.format].bytes * outputPixels(spec, width * height));
  const fitting = renditions.some(({ fit }) => fit === 'object') ? FITTING : 0;
  return width * height * (codec + PIXELS + fitting) + Math.max(0, ...encoding);
}

/** The memory of a child without its image, in bytes: 100 MB, and what it keeps from the image before. */
export const IDLE_CHILD = 512 * 2 ** 20;

/** The memory at which a child is killed, in bytes: twice what its plan is expected to need. */
export function memoryLimit(plan: Plan): number {
  return IDLE_CHILD + 2 * expectedMemory(plan);
}

/** How long a plan may take: `decodingMs`, and the encoding time of each rendition. */
export function deadlineMs({ width, height, renditions }: Plan, decodingMs: number): number {
  const encoding = renditions.map((spec) => {
    const tries = spec.max_bytes === null ? 1 : TRIES_FOR_MAX_BYTES;
    return (tries * ENCODING[spec.format].ns * outputPixels(spec, width * height)) / 1e6;
  });
  return Math.round(decodingMs + encoding.reduce((sum, ms) => sum + ms, 0));
}

/** An upper bound: an image is never enlarged, but `contain` and `object` put it on a canvas. */
function outputPixels({ fit, width, height }: RenditionSpec, sourcePixels: number): number {
  const box = (width ?? Number.POSITIVE_INFINITY) * (height ?? Number.POSITIVE_INFINITY);
  return fit === 'contain' || fit === 'object' ? box : Math.min(box, sourcePixels);
}
