/** Reads an image's header. It runs in the decoder's process only: a stranger made these bytes. */
import { imageFormat, type SourceFormat, SNIFF_BYTES } from '../../sniff.ts';
import type { Facts, FileOrHead } from '../../decoder-protocol.ts';
import { MAX_PIXELS, MAX_SIDE } from '../../limits.ts';
import { ImageProblem } from '../../problems.ts';
import { avifSize } from './avif.ts';
import { openReader, type Reader, readerOf } from './byte-reader.ts';
import { isComplete } from './complete.ts';
import { gifSize } from './gif.ts';
import type { HeaderSize } from './header-size.ts';
import { jpegQuality } from './jpeg-quality.ts';
import { jpegSize } from './jpeg-segments.ts';
import { pngSize } from './png.ts';
import { tiffSize } from './tiff.ts';
import { webpSize } from './webp.ts';

const SIZE_OF: Record<SourceFormat, (read: Reader) => HeaderSize | undefined> = {
  jpeg: jpegSize,
  png: pngSize,
  webp: webpSize,
  gif: gifSize,
  tiff: tiffSize,
  avif: avifSize,
};

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
    throw new ImageProblem('corrupt_image', `its header says ${width} x ${height} pixels`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    throw new ImageProblem(
      'image_too_large',
      `${width} x ${height} pixels; at most ${MAX_SIDE} a side and ${MAX_PIXELS / 1e6} megapixels`,
    );
  if (file.bytes < leastBytes)
    throw new ImageProblem('truncated_image', `${file.bytes} bytes cannot hold ${width} x ${height} pixels`);
  const { samples } = size;
  const quality = format === 'jpeg' ? jpegQuality(read) : undefined;
  const facts = { format, width, height, isInterlaced, mayHoldXmp };
  return {
    ...facts,
    ...(quality !== undefined && { jpegQuality: quality }),
    ...(samples && { samples }),
  };
}

/** A header that cannot be read was cut off if the file is tiny, or if its structure says so. */
async function unreadable(file: FileOrHead, format: SourceFormat): Promise<ImageProblem> {
  const isCut =
    file.bytes < 1024 || (format !== 'jpeg' && 'path' in file && !(await isComplete(file.path, format)));
  return new ImageProblem(isCut ? 'truncated_image' : 'corrupt_image', 'its header cannot be read');
}
