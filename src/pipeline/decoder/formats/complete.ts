import { readFile, stat } from 'node:fs/promises';
import type { SourceFormat } from '../../sniff.ts';
import { isCompleteAvif } from './avif.ts';
import { hasTrailer } from './gif.ts';
import { pictureEnd, readTiff } from './tiff.ts';

/**
 * Whether a file's structure is there up to the end of its picture; trailing bytes do not matter. After decoding
 * failed, this distinguishes a truncated file from a damaged one.
 */
export async function isComplete(path: string, format: SourceFormat): Promise<boolean> {
  return format === 'tiff' ? isCompleteTiff(path) : COMPLETE[format](await readFile(path));
}

async function isCompleteTiff(path: string): Promise<boolean> {
  const directory = readTiff(path);
  return directory !== undefined && pictureEnd(directory) <= (await stat(path)).size;
}

const START_OF_SCAN = Buffer.from([0xff, 0xda]);
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

const COMPLETE: Record<Exclude<SourceFormat, 'tiff'>, (file: Buffer) => boolean> = {
  // In coded data 0xFF is followed by 0 or a restart marker (ITU-T T.81, B.1.1.5), so the last end marker is
  // the picture's, unless it stands before the scan, in a thumbnail.
  jpeg: (file) => file.lastIndexOf(END_OF_IMAGE) > file.lastIndexOf(START_OF_SCAN),
  png: (file) => file.includes('IEND', 0, 'latin1'),
  gif: hasTrailer,
  webp: (file) => file.length >= 12 && file.readUInt32LE(4) + 8 <= file.length, // RFC 9649, 2.4
  avif: isCompleteAvif,
};
