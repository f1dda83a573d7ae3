import { readFile } from 'node:fs/promises';
import type { SourceFormat } from './formats.ts';

/**
 * Whether a file holds everything up to the end of its picture, told from its structure; what follows
 * that end does not matter. Tells a file that was cut off from one that is damaged, after decoding failed.
 */
export async function isComplete(path: string, format: SourceFormat): Promise<boolean> {
  return COMPLETE[format](await readFile(path));
}

const START_OF_SCAN = Buffer.from([0xff, 0xda]);
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

const COMPLETE: Record<SourceFormat, (file: Buffer) => boolean> = {
  // In the coded data a 0xFF is followed by 0 or a restart marker, so the last end marker is the
  // picture's (ITU-T T.81, B.1.1.5), unless it stands before the scan, in a thumbnail.
  jpeg: (file) => file.lastIndexOf(END_OF_IMAGE) > file.lastIndexOf(START_OF_SCAN),
  png: (file) => file.includes('IEND', 0, 'latin1'),
  gif: hasTrailer,
  webp: (file) => file.length >= 12 && file.readUInt32LE(4) + 8 <= file.length, // RFC 9649, 2.4
  tiff: (file) => tiffStripsEnd(file) <= file.length,
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
  while (at + 8 <= file.length) {
    const size = file.readUInt32BE(at);
    if (size === 0) return file.length;
    at += size === 1 && at + 16 <= file.length ? Number(file.readBigUInt64BE(at + 8)) : Math.max(size, 8);
  }
  return at;
}

// TIFF 6.0, section 8 and 15: where strips or tiles begin, and how long each is.
const STRIP_OFFSETS = new Set([273, 324]);
const STRIP_LENGTHS = new Set([279, 325]);

/** Where the last strip or tile of the first directory ends. */
function tiffStripsEnd(file: Buffer): number {
  const little = file[0] === 0x49;
  const short = (at: number): number => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const long = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  try {
    const directory = long(4);
    let [offsets, lengths]: [number[], number[]] = [[], []];
    for (let at = directory + 2; at < directory + 2 + 12 * short(directory); at += 12) {
      const [tag, size, count] = [short(at), short(at + 2) === 3 ? 2 : 4, long(at + 4)];
      if (!STRIP_OFFSETS.has(tag) && !STRIP_LENGTHS.has(tag)) continue;
      const from = size * count <= 4 ? at + 8 : long(at + 8);
      const values: number[] = [];
      for (let i = 0; i < count; i += 1) values.push(size === 2 ? short(from + 2 * i) : long(from + 4 * i));
      if (STRIP_OFFSETS.has(tag)) offsets = values;
      else lengths = values;
    }
    return Math.max(0, ...offsets.map((offset, i) => offset + (lengths[i] ?? 0)));
  } catch {
    return Number.POSITIVE_INFINITY; // the directory itself lies beyond the end
  }
}
