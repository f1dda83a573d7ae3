import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

export const PHOTOS = join(import.meta.dirname, '..', '..', 'examples', 'photos');

export const PHOTO_NAMES = [
  'Picture_0B_by_freespace.jpg',
  'Picture_1A_by_freespace.jpg',
  'aitzgorri_by_Aitzol_Berasategi.jpg',
  'friends_by_Aitzol_Berasategi.jpg',
  'life_by_Aitzol_Berasategi.jpg',
  'picosdeeuropa_by_Aitzol_Berasategi.jpg',
  'seeding_by_Clements_Engelhardt.jpg',
  'sunset_by_Aitzol_Berasategi.jpg',
];

export function photo(name: string): Buffer {
  return readFileSync(join(PHOTOS, name));
}

/** A small picture, different for each number: a gradient between two colours. */
export async function smallPicture(number: number, format: 'jpeg' | 'png' = 'jpeg'): Promise<Buffer> {
  const [width, height] = [48, 32];
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i += 1) {
    const share = (i % width) / width;
    pixels[3 * i] = (number * 37 + 255 * share) & 255;
    pixels[3 * i + 1] = (number * 101 + 120 * (i / (width * height))) & 255;
    pixels[3 * i + 2] = (number >> 8) & 255;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/**
 * How different two pictures look: the mean difference of 32 x 32 grey pixels, 0 (the same) to 255.
 * A photograph and its re-encoded, resized copy stay below 5; two different photographs are above 44.
 */
export async function visualDistance(a: Buffer | string, b: Buffer | string): Promise<number> {
  const [first, second] = await Promise.all([a, b].map(tinyGrey));
  let sum = 0;
  for (const [i, value] of (first ?? Buffer.alloc(0)).entries()) sum += Math.abs(value - (second?.[i] ?? 0));
  return sum / 1024;
}

function tinyGrey(picture: Buffer | string): Promise<Buffer> {
  return sharp(picture).autoOrient().resize(32, 32, { fit: 'fill' }).greyscale().raw().toBuffer();
}
