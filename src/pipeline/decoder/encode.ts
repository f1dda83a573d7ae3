import type { Sharp } from 'sharp';
import { FORMAT_FACTS, type OutputFormat, type RenditionSpec } from '../../presets/spec.ts';
import { ImageProblem } from '../problems.ts';

export type Encoded = { data: Buffer; width: number; height: number };

type Settings = { quality: number; colours?: number };

/** How each format is written. The next one: its facts in presets/spec.ts, and a line here. */
const ENCODERS: Record<OutputFormat, (image: Sharp, settings: Settings) => Sharp> = {
  jpeg: (image, { quality }) => image.jpeg({ quality }),
  mozjpeg: (image, { quality }) => image.jpeg({ quality, mozjpeg: true }),
  png: (image, { colours }) => image.png(colours === undefined ? {} : { palette: true, colours }),
  webp: (image, { quality }) => image.webp({ quality }),
  avif: (image, { quality }) => image.avif({ quality }),
};

/**
 * Encodes a picture as its rendition wants.
 * @param image gives the picture anew for each try; to clone it costs 3 ms
 * @param xmp metadata to write; sharp writes none of the source's
 * @throws ImageProblem `cannot_meet_max_bytes`
 */
export async function encode(
  image: () => Sharp,
  spec: RenditionSpec,
  xmp: string | undefined,
): Promise<Encoded> {
  const write = async (settings: Settings): Promise<Encoded> => {
    const picture = image();
    if (!FORMAT_FACTS[spec.format].hasAlpha) picture.flatten({ background: spec.background });
    if (xmp !== undefined) picture.withXmp(xmp);
    const { data, info } = await ENCODERS[spec.format](picture, settings).toBuffer({
      resolveWithObject: true,
    });
    return { data, width: info.width, height: info.height };
  };
  const best = await write({ quality: spec.quality ?? 100 });
  if (spec.max_bytes === null || best.data.length <= spec.max_bytes) return best;
  return spec.quality === null
    ? withPalette(write, spec.max_bytes)
    : withLowerQuality(write, spec.max_bytes, spec.quality);
}

/** All frames of an animation, shrunk. */
export async function encodeAnimation(
  image: Sharp,
  { fit, width, height, quality, background }: RenditionSpec,
  xmp: string | undefined,
): Promise<Encoded> {
  const isBound = width !== null || height !== null;
  const size = { width: width ?? undefined, height: height ?? undefined };
  const withoutEnlargement = fit !== 'contain';
  const shrunk = isBound ? image.resize({ ...size, fit, background, withoutEnlargement }) : image;
  const kept = xmp === undefined ? shrunk : shrunk.withXmp(xmp);
  const { data, info } = await kept.webp({ quality: quality ?? 80 }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.pageHeight ?? info.height };
}

type Write = (settings: Settings) => Promise<Encoded>;

/** The highest quality that fits, by halving: size grows with quality. */
async function withLowerQuality(write: Write, maxBytes: number, quality: number): Promise<Encoded> {
  let [low, high] = [1, quality - 1];
  let best: Encoded | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const encoded = await write({ quality: middle });
    smallest = Math.min(smallest, encoded.data.length);
    if (encoded.data.length <= maxBytes) {
      best = encoded;
      low = middle + 1;
    } else high = middle - 1;
  }
  return best ?? tooLarge(smallest, maxBytes, 'even at quality 1');
}

const PALETTES = [256, 128, 64, 32, 16, 8, 4, 2];

/** A PNG without a palette is lossless; the largest palette that fits comes next. */
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
    `${smallest} bytes ${evenAt}, and at most ${maxBytes} are wanted; a smaller width and height would help`,
  );
}
