/** The structure of a TIFF's first picture: TIFF 6.0. */
import { openReader, type Reader } from './byte-reader.ts';
import type { HeaderSize } from './header-size.ts';
import { readDirectory, type TiffDirectory } from './tiff-directory.ts';

const WIDTH = 256;
const LENGTH = 257;
const SIZE_TAGS: ReadonlySet<number> = new Set([WIDTH, LENGTH]);

export function tiffSize(read: Reader): HeaderSize | undefined {
  const values = readDirectory(read, SIZE_TAGS)?.values;
  const width = values?.get(WIDTH)?.[0];
  const height = values?.get(LENGTH)?.[0];
  return width === undefined || height === undefined ? undefined : { width, height };
}

export const TAG = {
  subfile: 254,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  stripBytes: 279,
  tileOffsets: 324,
  tileBytes: 325,
  inks: 332,
  extraSamples: 338,
  sampleFormat: 339,
  subsampling: 530,
  dngVersion: 50_706,
} as const;
const TAGS: ReadonlySet<number> = new Set(Object.values(TAG));

// The offsets of strips alone may take 2 MB.
const BOUNDS = { bytesPerRead: 2 ** 22, bytes: 2 ** 26 };

/** @returns undefined where the file ends before the directory does */
export function readTiff(path: string): TiffDirectory | undefined {
  using reader = openReader(path, BOUNDS);
  const directory = readDirectory(reader.read, TAGS);
  return directory?.isCut ? undefined : directory;
}

/** Where the last value, strip or tile ends. */
export function pictureEnd(directory: TiffDirectory): number {
  const { offsets, lengths } = stripsOf(directory);
  return offsets.reduce((end, offset, i) => Math.max(end, offset + (lengths[i] ?? 0)), directory.end);
}

/** Whether a strip or tile has no data: an interrupted writer leaves its offset or length 0. */
export function lacksStrips(directory: TiffDirectory): boolean {
  const { offsets, lengths } = stripsOf(directory);
  return offsets.some((offset, i) => offset < HEADER_BYTES || lengths[i] === 0);
}

const HEADER_BYTES = 8;

function stripsOf({ values }: TiffDirectory): { offsets: number[]; lengths: number[] } {
  return {
    offsets: values.get(TAG.stripOffsets) ?? values.get(TAG.tileOffsets) ?? [],
    lengths: values.get(TAG.stripBytes) ?? values.get(TAG.tileBytes) ?? [],
  };
}

export const JPEG = 7; // of compression

export function isOfJpegs({ values }: TiffDirectory): boolean {
  return values.get(TAG.compression)?.[0] === JPEG;
}
