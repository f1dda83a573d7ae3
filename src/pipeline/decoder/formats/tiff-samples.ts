/** Which kinds of samples a TIFF has: what libvips cannot read, or reads in another way than it is meant. */
import { JPEG, TAG } from './tiff.ts';
import type { TiffDirectory } from './tiff-directory.ts';

// The number of colour samples of each PhotometricInterpretation that is read; a palette has one index.
const COLOURS: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3 };
const [RGB, PALETTE, CMYK, YCBCR, LAB] = [2, 3, 5, 6, 8];
const MAX_SAMPLES = 5; // sharp's

/** Why libvips or sharp cannot read this TIFF as it is meant; undefined: they can. */
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

/** Of these kinds of samples nothing in the file says which value is white. */
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

const TRANSPARENCY = new Set([1, 2, 999]); // 999 is CorelDRAW's; libtiff reads it as 2

/**
 * Which of the samples behind the colours is the alpha; the others are dropped. Undefined: libvips is right by
 * itself. Only kinds 1 and 2 of ExtraSamples are transparency (TIFF 6.0, section 18); a saved selection is not.
 * Without the tag, a single extra sample behind grey or RGB is the alpha, as in Pillow and ImageMagick.
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

// What libtiff in sharp's libvips decodes.
const READ_COMPRESSIONS = new Set([1, 2, 3, 4, 5, 7, 8, 32_773, 32_946, 50_001]);

const COMPRESSIONS: Record<number, string> = {
  6: 'old-style JPEG',
  9: 'JBIG (T.85)',
  10: 'JBIG (T.43)',
  32_766: 'NeXT RLE',
  32_771: 'CCITT RLE',
  32_809: 'ThunderScan',
  33_003: 'JPEG 2000',
  33_005: 'JPEG 2000',
  34_661: 'JBIG',
  34_676: 'SGI LogLuv',
  34_677: 'SGI LogLuv',
  34_712: 'JPEG 2000',
  34_887: 'LERC',
  34_892: 'lossy JPEG of DNG',
  34_925: 'LZMA',
  50_000: 'Zstandard',
  50_002: 'JPEG XL',
  52_546: 'JPEG XL',
};

const PHOTOMETRICS: Record<number, string> = {
  4: 'a transparency mask',
  9: 'ICCLab',
  10: 'ITULab',
  32_803: 'colour filter array of a camera',
  32_844: 'LogL',
  32_845: 'LogLuv',
  34_892: 'linear raw data of a camera',
};
