/** Reads what an image's header says. It runs in the decoder's process only: a stranger made these bytes. */
import { openReader, type Reader, readerOf } from './byte-reader.ts';
import { isComplete } from './complete.ts';
import { imageFormat, type SourceFormat, SNIFF_BYTES } from '../../sniff.ts';
import type { Facts, FileOrHead } from '../../decoder-protocol.ts';
import { MAX_PIXELS, MAX_SIDE } from '../../limits.ts';
import { ImageProblem } from '../../problems.ts';

/**
 * Reads format and size from the header alone, so that an image that is too large is refused before
 * any codec sees it: a PNG header of 41 bytes made a decoder allocate 8.8 GB.
 * @throws ImageProblem `not_an_image`, `unsupported_format`, `corrupt_image`, `truncated_image`, `image_too_large`
 */
export async function readHeader(file: FileOrHead): Promise<Facts> {
  if (!('path' in file)) return factsFrom(readerOf(Buffer.from(file.head, 'base64')), file);
  using reader = openReader(file.path);
  return await factsFrom(reader.read, file);
}

async function factsFrom(read: Reader, file: FileOrHead): Promise<Facts> {
  const format = imageFormat(read(0, SNIFF_BYTES));
  const size = SIZE_OF[format](read);
  if (size === undefined) throw await unreadable(file, format);
  const { width, height, isInterlaced = false, mayHoldXmp = true, leastBytes = 0 } = size;
  if (width < 1 || height < 1)
    throw new ImageProblem('corrupt_image', `it says that it is ${width} x ${height} pixels`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    throw new ImageProblem(
      'image_too_large',
      `${width} x ${height} pixels; at most ${MAX_SIDE} a side and ${MAX_PIXELS / 1e6} megapixels`,
    );
  if (file.bytes < leastBytes)
    throw new ImageProblem('truncated_image', `${file.bytes} bytes cannot hold ${width} x ${height} pixels`);
  return { format, width, height, isInterlaced, mayHoldXmp };
}

type Size = Pick<Facts, 'width' | 'height'> & Partial<Facts> & { leastBytes?: number };

/** A header that cannot be read is a cut-off one in a tiny file or in one that its structure says is cut. */
async function unreadable(file: FileOrHead, format: SourceFormat): Promise<ImageProblem> {
  const isCut =
    file.bytes < 1024 || (format !== 'jpeg' && 'path' in file && !(await isComplete(file.path, format)));
  return new ImageProblem(isCut ? 'truncated_image' : 'corrupt_image', 'its header cannot be read');
}

const SIZE_OF: Record<SourceFormat, (read: Reader) => Size | undefined> = {
  jpeg: jpegSize,
  png: pngSize,
  webp: webpSize,
  gif: gifSize,
  tiff: tiffSize,
  avif: avifSize,
};

const MAX_SEGMENTS = 2_000; // a JPEG of a camera has about 20; an ICC profile of 16 MB needs 256
const JUNK_BYTES = 4_096; // of what stands between two segments, so many are looked through at a time

/** The first frame header (SOF) among the segments: ITU-T T.81, B.1. What stands between them is skipped. */
function jpegSize(read: Reader): Size | undefined {
  let offset = 2;
  let mayHoldXmp = false;
  for (let i = 0; i < MAX_SEGMENTS; i += 1) {
    const head = read(offset, 4 + XMP_SIGNATURE.length);
    if (head.length < 9) return undefined;
    const marker = head[1] ?? 0;
    if (head[0] !== 0xff) {
      const next = read(offset, JUNK_BYTES).indexOf(0xff);
      offset += next < 0 ? JUNK_BYTES : next;
    } else if (marker === 0xff) {
      offset += 1; // a fill byte
    } else if (marker < 2 || (marker >= 0xd0 && marker <= 0xd8)) {
      offset += 2; // without a length
    } else if (isFrameHeader(marker)) {
      const [height, width] = [head.readUInt16BE(5), head.readUInt16BE(7)];
      return { width, height, isInterlaced: PROGRESSIVE.has(marker), mayHoldXmp };
    } else if (marker === 0xda || marker === 0xd9) {
      return undefined; // the picture, or the end, and no frame header before it
    } else {
      mayHoldXmp ||= head.toString('latin1', 4) === XMP_SIGNATURE;
      offset += 2 + head.readUInt16BE(2);
    }
  }
  return undefined;
}

const XMP_SIGNATURE = 'http://ns.adobe.com/xap/1.0/'; // XMP Specification, part 3, 1.1.3
const PROGRESSIVE = new Set([0xc2, 0xc6, 0xca, 0xce]);

function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** IHDR comes first: PNG Third Edition, 11.2.1. */
function pngSize(read: Reader): Size | undefined {
  const head = read(0, 29);
  if (head.length < 29 || head.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  const bits = (head[24] ?? 0) * (PNG_CHANNELS[head[25] ?? 0] ?? 1);
  const leastBytes = (Math.ceil((width * bits) / 8) * height) / DEFLATE_RATIO;
  return { width, height, isInterlaced: head[28] !== 0, leastBytes };
}

const PNG_CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEFLATE_RATIO = 1032; // RFC 1951: 258 bytes from 2 bits at the best

/** The logical screen: GIF89a, 18. */
function gifSize(read: Reader): Size | undefined {
  const head = read(0, 10);
  if (head.length < 10) return undefined;
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

/** Lossy, lossless, or extended: RFC 9649, 2.5 to 2.7. */
function webpSize(read: Reader): Size | undefined {
  const head = read(0, 30);
  if (head.length < 30) return undefined;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

const MAX_TIFF_ENTRIES = 4_096;
const TIFF_SHORT = 3;
const TIFF_LONG = 4;

/** ImageWidth (256) and ImageLength (257) of the first directory: TIFF 6.0, section 2. */
function tiffSize(read: Reader): Size | undefined {
  const head = read(0, 8);
  if (head.length < 8) return undefined;
  const little = head[0] === 0x49;
  const short = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const long = (bytes: Buffer, at: number): number =>
    little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);

  const start = long(head, 4);
  const countBytes = read(start, 2);
  if (countBytes.length < 2) return undefined;
  const count = Math.min(short(countBytes, 0), MAX_TIFF_ENTRIES);
  const entries = read(start + 2, count * 12);
  const values = new Map<number, number>();
  for (let at = 0; at + 12 <= entries.length; at += 12) {
    const type = short(entries, at + 2);
    if (type === TIFF_SHORT) values.set(short(entries, at), short(entries, at + 8));
    else if (type === TIFF_LONG) values.set(short(entries, at), long(entries, at + 8));
  }
  const [width, height] = [values.get(256), values.get(257)];
  return width === undefined || height === undefined ? undefined : { width, height };
}

const MAX_AVIF_META = 1_000_000; // the meta box of a photograph has some hundred bytes

/** The largest spatial extent (`ispe`) in the meta box: ISO/IEC 23008-12, 6.5.3. A grid's is larger than its tiles'. */
function avifSize(read: Reader): Size | undefined {
  const meta = findBox(read, 'meta');
  if (!meta) return undefined;
  let largest: Size | undefined;
  for (let at = meta.indexOf('ispe'); at >= 0; at = meta.indexOf('ispe', at + 4)) {
    if (at + 16 > meta.length) break;
    const size = { width: meta.readUInt32BE(at + 8), height: meta.readUInt32BE(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

const MAX_BOXES = 64; // an AVIF has about 3 at the top

/** A top-level box, whole or as much as is read of it. Sizes: ISO/IEC 14496-12, 4.2. */
function findBox(read: Reader, type: string): Buffer | undefined {
  let offset = 0;
  for (let i = 0; i < MAX_BOXES; i += 1) {
    const head = read(offset, 16);
    if (head.length < 8) return undefined;
    const size = boxSize(head);
    if (head.toString('latin1', 4, 8) === type) return read(offset, Math.min(size, MAX_AVIF_META));
    if (size < 8) return undefined;
    offset += size;
  }
  return undefined;
}

/** 0 stands for all that follows, 1 for a size of 64 bits behind the type. */
function boxSize(head: Buffer): number {
  const size = head.readUInt32BE(0);
  if (size === 0) return Number.POSITIVE_INFINITY;
  if (size !== 1) return size;
  return head.length < 16 ? 0 : Number(head.readBigUInt64BE(8));
}
