/** A small picture in every supported source format and coding, and the damage that files suffer in transit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { photo, PHOTO_NAMES } from './pictures.ts';
import type { random } from './random.ts';
import { tiff } from './tiff.ts';

/** 160 x 107 pixels with restart markers, by Pillow 13.0.0: sharp cannot write them. */
export const RESTART_MARKERS = readFileSync(
  join(import.meta.dirname, '..', 'pipeline', 'decoder', 'fixtures', 'restart-markers.jpg'),
);

export type Kind = { name: string; format: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif'; bytes: Buffer };

export async function corpus(): Promise<Kind[]> {
  const picture = sharp(photo(PHOTO_NAMES[4] ?? '')).resize(120, 80);
  const seen = picture.clone();
  const clear = sharp(await picture.clone().ensureAlpha(0.5).png().toBuffer());
  const made: [string, Kind['format'], Promise<Buffer> | Buffer][] = [
    ['baseline JPEG', 'jpeg', seen.clone().jpeg().toBuffer()],
    [
      'JPEG of best quality',
      'jpeg',
      seen.clone().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
    ],
    ['progressive JPEG', 'jpeg', seen.clone().jpeg({ progressive: true }).toBuffer()],
    ['mozjpeg', 'jpeg', seen.clone().jpeg({ mozjpeg: true }).toBuffer()],
    ['grey JPEG', 'jpeg', seen.clone().greyscale().jpeg().toBuffer()],
    ['CMYK JPEG', 'jpeg', seen.clone().toColourspace('cmyk').jpeg().toBuffer()],
    ['JPEG with restart markers', 'jpeg', RESTART_MARKERS],
    ['PNG', 'png', seen.clone().png().toBuffer()],
    ['PNG of 16 bits', 'png', seen.clone().toColourspace('rgb16').png().toBuffer()],
    ['PNG with a palette', 'png', seen.clone().png({ palette: true }).toBuffer()],
    ['interlaced PNG', 'png', seen.clone().png({ progressive: true }).toBuffer()],
    ['PNG with alpha', 'png', clear.clone().png().toBuffer()],
    ['lossy WebP', 'webp', seen.clone().webp().toBuffer()],
    ['lossless WebP', 'webp', seen.clone().webp({ lossless: true }).toBuffer()],
    ['WebP with alpha', 'webp', clear.clone().webp().toBuffer()],
    ['GIF', 'gif', seen.clone().gif().toBuffer()],
    ['TIFF', 'tiff', seen.clone().tiff({ compression: 'none' }).toBuffer()],
    ['TIFF by LZW', 'tiff', seen.clone().tiff({ compression: 'lzw' }).toBuffer()],
    ['TIFF by deflate', 'tiff', seen.clone().tiff({ compression: 'deflate' }).toBuffer()],
    ['TIFF by JPEG', 'tiff', seen.clone().tiff({ compression: 'jpeg' }).toBuffer()],
    ['TIFF that begins with its directory', 'tiff', directoryFirst()],
    ['AVIF', 'avif', seen.clone().avif({ effort: 0 }).toBuffer()],
  ];
  return Promise.all(made.map(async ([name, format, bytes]) => ({ name, format, bytes: await bytes })));
}

function directoryFirst(): Buffer {
  return tiff({
    ...{
      width: 60,
      height: 40,
      bits: 8,
      samples: 3,
      photometric: 2,
      rowsPerStrip: 8,
      compression: 'deflate',
    },
    value: (x, y, sample) => (x * 3 + y * (sample + 1) * 2) & 255,
  });
}

/** Damage as copying and transport cause it, after most of the header, where damage need not be visible. */
export function damaged(bytes: Buffer, dice: ReturnType<typeof random>): Buffer {
  const quarter = bytes.length >> 2;
  const at = quarter + dice.upTo(bytes.length - quarter - 1);
  const length = Math.min(dice.pick([1, 8, 64, 512]), bytes.length - at);
  const [before, hit, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  const noise = Buffer.from(Array.from({ length }, () => dice.upTo(256) - 1));
  switch (dice.pick(['noise', 'zeros', 'lost', 'inserted', 'twice', 'rest zeros'] as const)) {
    case 'noise':
      return Buffer.concat([before, noise, after]);
    case 'zeros':
      return Buffer.concat([before, Buffer.alloc(length), after]);
    case 'lost':
      return Buffer.concat([before, after]);
    case 'inserted':
      return Buffer.concat([before, noise, hit, after]);
    case 'twice':
      return Buffer.concat([before, hit, hit, after]);
    case 'rest zeros':
      return Buffer.concat([before, Buffer.alloc(bytes.length - at)]);
  }
}
