import type { Sharp } from 'sharp';
import { FORMAT_FACTS, type OutputFormat, type RenditionSpec } from '../../presets/spec.ts';
import { ImageProblem } from '../problems.ts';

export type Encoded = { data: Buffer; width: number; height: number };

type Settings = { quality: number; colours?: number };

/** How each output format is written. */
const ENCODERS: Record<OutputFormat, (image: Sharp, settings: Settings) => Sharp> = {
  jpeg: (image, { quality }) => image.jpeg({ quality }),
  mozjpeg: (image, { quality }) => image.jpeg({ quality, mozjpeg: true }),
  png: (image, { colours }) => image.png(colours === undefined ? {} : { palette: true, colours }),
  webp: (image, { quality }) => image.webp({ quality }),
  avif: (image, { quality }) => image.avif({ quality }),
};

/**
 * Encodes a picture as its rendition spec says.
 * @param image makes the picture anew for each try: cloning it costs 3 ms
 * @param xmp metadata to write; sharp writes none of the source's
 * @throws ImageProblem `cannot_meet_max_bytes`
 */
export async function encode(
  image: () => Sharp,
  spec: RenditionSpec,
  xmp: string | undefined,
): Promise<Encoded> {
  const write = async (settings: Settings): Promise<Encoded> => {
    const { data, info } = await encodeOnce(image(), spec, { ...settings, xmp });
    return { data, width: info.width, height: info.height };
  };
  const best = await write(bestOf(spec));
  const { max_bytes: maxBytes } = spec;
  if (maxBytes === null || best.data.length <= maxBytes) return best;
  switch (FORMAT_FACTS[spec.format].shrinksBy) {
    case 'quality':
      return await withLowerQuality(write, maxBytes, bestOf(spec).quality);
    case 'palette':
      return await withPalette(write, maxBytes);
    case null:
      return tooLarge(best.data.length, maxBytes, `as ${spec.format}`);
  }
}

/** Encodes all frames of an animation, shrunk. */
export async function encodeAnimation(
  image: Sharp,
  spec: RenditionSpec,
  xmp: string | undefined,
): Promise<Encoded> {
  const { fit, width, height, background } = spec;
  if (width !== null || height !== null) {
    const size = { width: width ?? undefined, height: height ?? undefined };
    // No animation has the fit object: presets/check.ts
    image.resize({
      ...size,
      fit: fit === 'object' ? 'contain' : fit,
      background,
      withoutEnlargement: fit !== 'contain',
    });
  }
  const { data, info } = await encodeOnce(image, spec, { ...bestOf(spec), xmp });
  return { data, width: info.width, height: info.pageHeight ?? info.height };
}

function encodeOnce(
  image: Sharp,
  { format, background }: RenditionSpec,
  { xmp, ...settings }: Settings & { xmp: string | undefined },
) {
  if (!FORMAT_FACTS[format].hasAlpha) image.flatten({ background });
  if (xmp !== undefined) image.withXmp(xmp);
  return ENCODERS[format](image, settings).toBuffer({ resolveWithObject: true });
}

function bestOf({ quality }: RenditionSpec): Settings {
  return { quality: quality ?? 100 };
}

type Write = (settings: Settings) => Promise<Encoded>;

/** The highest quality that fits, by bisection: size grows with quality. */
async function withLowerQuality(write: Write, maxBytes: number, quality: number): Promise<Encoded> {
  let low = 1;
  let high = quality - 1;
  let best: Encoded | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const encoded = await write({ quality: middle });
    smallest = Math.min(smallest, encoded.data.length);
    if (encoded.data.length <= maxBytes) {
      best = encoded;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return best ?? tooLarge(smallest, maxBytes, 'even at quality 1');
}

const PALETTES = [256, 128, 64, 32, 16, 8, 4, 2];

/** The largest palette that fits. */
async function withPalette(write: Write, maxBytes: number): Promise<Encoded> {
  let smallest = Number.POSITIVE_INFINITY;
  for (const colours of PALETTES) {
    const encoded = await write({ quality: 100, colours });
    if (encoded.data.length <= maxBytes) return encoded;
    smallest = Math.min(smallest, encoded.data.length);
  }
  return tooLarge(smallest, maxBytes, 'even with a palette of 2 colours');
}

function tooLarge(smallest: number, maxBytes: number, evenAt: string): never {
  throw new ImageProblem(
    'cannot_meet_max_bytes',
    `${smallest} bytes ${evenAt}, but at most ${maxBytes} are allowed; a smaller width and height would help`,
  );
}
