import { readFile, stat } from 'node:fs/promises';
import type { SourceFormat } from '../../sniff.ts';
import { pictureEnd, readDirectory } from './tiff.ts';

/**
 * Whether a file holds everything up to the end of its picture, told from its structure; what follows
 * that end does not matter. Tells a file that was cut off from one that is damaged, after decoding failed.
 */
export async function isComplete(path: string, format: SourceFormat): Promise<boolean> {
  return format === 'tiff' ? isWholeTiff(path) : COMPLETE[format](await readFile(path));
}

async function isWholeTiff(path: string): Promise<boolean> {
  const directory = await readDirectory(path);
  return directory !== undefined && pictureEnd(directory) <= (await stat(path)).size;
}

const START_OF_SCAN = Buffer.from([0xff, 0xda]);
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

const COMPLETE: Record<Exclude<SourceFormat, 'tiff'>, (file: Buffer) => boolean> = {
  // In the coded data a 0xFF is followed by 0 or a restart marker, so the last end marker is the
  // picture's (ITU-T T.81, B.1.1.5), unless it stands before the scan, in a thumbnail.
  jpeg: (file) => file.lastIndexOf(END_OF_IMAGE) > file.lastIndexOf(START_OF_SCAN),
  png: (file) => file.includes('IEND', 0, 'latin1'),
  gif: hasTrailer,
  webp: (file) => file.length >= 12 && file.readUInt32LE(4) + 8 <= file.length, // RFC 9649, 2.4
  avif: (file) => boxesEnd(file) <= file.length,
};

/** Walks the blocks up to the trailer: GIF89a, 15 to 27. */
function hasTrailer(file: Buffer): boolean {
  const tableOf = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableOf(file[10] ?? 0);
  while (at < file.length) {
    const block = file[at];
    if (block === 0x3b) return true;
    if (block === 0x21) at += 2;
    else if (block === 0x2c) at += 11 + tableOf(file[at + 9] ?? 0);
    else return false;
    while ((file[at] ?? 0) !== 0) at += 1 + (file[at] ?? 0);
    at += 1;
  }
  return false;
}

/** Where the last top-level box ends (ISO/IEC 14496-12, 4.2); a size of 0 means up to the end of the file. */
function boxesEnd(file: Buffer): number {
  let at = 0;
  while (at + 16 <= file.length) {
    const size = file.readUInt32BE(at);
    if (size === 0) return file.length;
    const bytes = size === 1 ? Number(file.readBigUInt64BE(at + 8)) : size;
    at += Math.max(bytes, 8); // never less than its header, so that it goes forward
  }
  return at;
}
