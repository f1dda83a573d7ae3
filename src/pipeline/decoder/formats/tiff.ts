/** The first directory of a TIFF: what libvips reads of it otherwise than it is meant. TIFF 6.0. */
import { open } from 'node:fs/promises';

export type TiffDirectory = {
  /** of the tags that matter here; of one with more than `MAX_VALUES`, none */
  values: Map<number, number[]>;
  /** where the last value of any tag ends */
  end: number;
};

const TAG = {
  ...{ subfile: 254, bits: 258, compression: 259, photometric: 262, samples: 277, inks: 332 },
  ...{ extraSamples: 338, sampleFormat: 339, subsampling: 530, dngVersion: 50_706 },
  ...{ stripOffsets: 273, stripBytes: 279, tileOffsets: 324, tileBytes: 325 },
} as const;
const WANTED = new Set<number>(Object.values(TAG));

const MAX_ENTRIES = 4_096;
const MAX_VALUES = 500_000; // tiles of 16 x 16 in 100 megapixels, and some
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]; // from byte (1) to double (12): section 2
const [BYTE, SHORT, LONG] = [1, 3, 4];

/** Undefined where the directory lies beyond the end of the file. */
export async function readDirectory(path: string): Promise<TiffDirectory | undefined> {
  await using file = await open(path, 'r');
  const read = async (at: number, length: number): Promise<Buffer> => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  };
  const head = await read(0, 8);
  if (head.length < 8) return undefined;
  const number = numberReader(head[0] === 0x49);
  const start = number(head, 4, 4);
  const countBytes = await read(start, 2);
  if (countBytes.length < 2) return undefined;
  const entriesBytes = 12 * Math.min(number(countBytes, 0, 2), MAX_ENTRIES);
  const entries = await read(start + 2, entriesBytes);
  if (entries.length < entriesBytes) return undefined;
  const directory: TiffDirectory = { values: new Map(), end: start + 2 + entriesBytes };
  for (let at = 0; at < entriesBytes; at += 12) {
    const [tag, type, count] = [
      number(entries, at, 2),
      number(entries, at + 2, 2),
      number(entries, at + 4, 4),
    ];
    const size = TYPE_BYTES[type] ?? 0;
    const isInside = size * count <= 4;
    const from = isInside ? start + 2 + at + 8 : number(entries, at + 8, 4);
    directory.end = Math.max(directory.end, from + size * count);
    const isRead = directory.values.has(tag); // a tag that comes again is not read again
    if (isRead || !WANTED.has(tag) || !COUNTABLE.has(type) || count > MAX_VALUES) continue;
    const bytes = await read(from, size * count);
    if (bytes.length < size * count) return undefined;
    directory.values.set(
      tag,
      Array.from({ length: count }, (_, i) => number(bytes, size * i, size)),
    );
  }
  return directory;
}

const COUNTABLE = new Set([BYTE, SHORT, LONG]);

function numberReader(isLittle: boolean): (from: Buffer, at: number, size: number) => number {
  return (from, at, size) => (isLittle ? from.readUIntLE(at, size) : from.readUIntBE(at, size));
}

/** Where the last value, strip or tile ends. */
export function pictureEnd(directory: TiffDirectory): number {
  const { offsets, lengths } = stripsOf(directory);
  return offsets.reduce((end, offset, i) => Math.max(end, offset + (lengths[i] ?? 0)), directory.end);
}

/** Whether a part of the picture stands nowhere: a writer that was broken off leaves its place empty. */
export function lacksStrips(directory: TiffDirectory): boolean {
  const { offsets, lengths } = stripsOf(directory);
  return offsets.some((offset, i) => offset < HEADER_BYTES || lengths[i] === 0);
}

const HEADER_BYTES = 8;

function stripsOf(directory: TiffDirectory): { offsets: number[]; lengths: number[] } {
  const values = (strips: number, tiles: number): number[] =>
    directory.values.get(strips) ?? directory.values.get(tiles) ?? [];
  return {
    offsets: values(TAG.stripOffsets, TAG.tileOffsets),
    lengths: values(TAG.stripBytes, TAG.tileBytes),
  };
}

const JPEG = 7;

export function isOfJpegs(directory: TiffDirectory): boolean {
  return directory.values.get(TAG.compression)?.[0] === JPEG;
}

// Colours of each PhotometricInterpretation that is read; a palette's are looked up.
const COLOURS: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3 };
const [RGB, PALETTE, CMYK, YCBCR, LAB] = [2, 3, 5, 6, 8];
const MAX_SAMPLES = 5; // sharp's

/** What is read neither by libvips nor by sharp, or not as it is meant; undefined: nothing. */
export function unsupportedTiff(directory: TiffDirectory): string | undefined {
  const first = (tag: number, otherwise: number): number => directory.values.get(tag)?.[0] ?? otherwise;
  const [compression, photometric] = [first(TAG.compression, 1), first(TAG.photometric, RGB)];
  const samples = first(TAG.samples, 1);
  if (directory.values.has(TAG.dngVersion)) return 'a raw file of a camera (DNG)';
  if ((first(TAG.subfile, 0) & 1) !== 0) return 'a TIFF that begins with a preview of another picture';
  if (!READ_COMPRESSIONS.has(compression))
    return `a TIFF compressed by ${COMPRESSIONS[compression] ?? `method ${compression}`}`;
  if (COLOURS[photometric] === undefined)
    return `a TIFF in ${PHOTOMETRICS[photometric] ?? `colours of kind ${photometric}`}`;
  if (samples > MAX_SAMPLES) return `a TIFF of ${samples} samples a pixel; at most ${MAX_SAMPLES}`;
  if (photometric === CMYK && first(TAG.inks, 1) !== 1) return 'a TIFF of other inks than CMYK';
  if (photometric === YCBCR && compression !== JPEG && first(TAG.subsampling, 2) === 1)
    return 'a TIFF in YCbCr that is not subsampled';
  return oddSamples({ photometric, bits: first(TAG.bits, 1), format: first(TAG.sampleFormat, 1) });
}

type Samples = { photometric: number; bits: number; format: number };

/** Nothing in a file says which of its values is white, where they are of these kinds. */
function oddSamples({ photometric, bits, format }: Samples): string | undefined {
  if (format === FLOAT) {
    const isLight = photometric === RGB && bits === 32; // linear, 0 to 1
    return isLight ? undefined : `a TIFF of ${bits}-bit floating-point values`;
  }
  if (format === 2) return `a TIFF of signed ${bits}-bit integers`;
  if (format > 4) return 'a TIFF of complex numbers';
  if (bits > 16 || !WHOLE_BITS.has(bits)) return `a TIFF of ${bits}-bit integers`;
  return photometric === LAB && bits !== 16 ? `a TIFF in CIELab of ${bits} bits` : undefined;
}

const FLOAT = 3;
const WHOLE_BITS = new Set([1, 2, 4, 8, 16]);

export function isOfFloats(directory: TiffDirectory): boolean {
  return directory.values.get(TAG.sampleFormat)?.[0] === FLOAT;
}

const TRANSPARENCY = new Set([1, 2, 999]); // 999 is CorelDRAW's, which libtiff takes for 2

/**
 * Which samples behind the colours are dropped, and which one is the alpha; undefined: the decoder's own
 * view holds. Only kinds 1 and 2 of ExtraSamples are transparency (TIFF 6.0, 18); a saved selection is not.
 * Without the tag a single one behind grey or RGB is taken for it, as Pillow and ImageMagick do.
 */
export function extraSamples(directory: TiffDirectory): { alpha: number | undefined } | undefined {
  const photometric = directory.values.get(TAG.photometric)?.[0] ?? RGB;
  const extras = (directory.values.get(TAG.samples)?.[0] ?? 1) - (COLOURS[photometric] ?? 3);
  if (extras < 1) return undefined;
  const kinds = directory.values.get(TAG.extraSamples);
  const isPlain = photometric !== CMYK && photometric !== PALETTE;
  const found = kinds ? kinds.findIndex((kind) => TRANSPARENCY.has(kind)) : isPlain && extras === 1 ? 0 : -1;
  if (found === 0 && extras === 1) return undefined;
  return { alpha: found >= 0 && found < extras ? found : undefined };
}

// Those that libtiff in sharp's libvips has.
const READ_COMPRESSIONS = new Set([1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_001]);

const COMPRESSIONS: Record<number, string> = {
  ...{ 6: 'old-style JPEG', 9: 'JBIG (T.85)', 10: 'JBIG (T.43)', 32_766: 'NeXT RLE', 32_771: 'CCITT RLE' },
  ...{
    32_809: 'ThunderScan',
    33_003: 'JPEG 2000',
    33_005: 'JPEG 2000',
    34_661: 'JBIG',
    34_676: 'SGI LogLuv',
  },
  ...{ 34_677: 'SGI LogLuv', 34_712: 'JPEG 2000', 34_887: 'LERC', 34_892: 'lossy JPEG of DNG' },
  ...{ 34_925: 'LZMA', 50_000: 'Zstandard', 50_002: 'JPEG XL', 52_546: 'JPEG XL' },
};

const PHOTOMETRICS: Record<number, string> = {
  ...{ 4: 'a transparency mask', 9: 'ICCLab', 10: 'ITULab', 32_803: 'colour filter array of a camera' },
  ...{ 32_844: 'LogL', 32_845: 'LogLuv', 34_892: 'linear raw data of a camera' },
};
