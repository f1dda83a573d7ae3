/** Reads the first directory of a TIFF, or of the EXIF block of another format: TIFF 6.0, section 2. */
import type { Reader } from './byte-reader.ts';

export type TiffDirectory = {
  /** of the wanted tags; none of a tag with more than `MAX_VALUES` values */
  values: Map<number, number[]>;
  /** where the last value of any tag ends */
  end: number;
  /** whether entries or wanted values lie beyond the end of the file */
  isCut: boolean;
};

const [BYTE, ASCII, SHORT, LONG, UNDEFINED] = [1, 2, 3, 4, 7];
const WHOLE_NUMBERS: ReadonlySet<number> = new Set([BYTE, SHORT, LONG]);
/** Their values are read as bytes. */
export const TEXTS: ReadonlySet<number> = new Set([BYTE, ASCII, UNDEFINED]);

const MAX_ENTRIES = 4_096;
const MAX_VALUES = 500_000; // more than tiles of 16 x 16 in 100 megapixels
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]; // from byte (1) to double (12)

/** @returns undefined where the directory lies beyond the end of the file */
export function readDirectory(
  read: Reader,
  tags: ReadonlySet<number>,
  types: ReadonlySet<number> = WHOLE_NUMBERS,
): TiffDirectory | undefined {
  const head = read(0, HEADER_BYTES);
  if (head.length < HEADER_BYTES) return undefined;
  const number = numberReader(head[0] === 0x49);
  const countAt = number(head, 4, 4);
  const countBytes = read(countAt, 2);
  if (countBytes.length < 2) return undefined;
  const entriesAt = countAt + 2;
  const entriesBytes = ENTRY_BYTES * Math.min(number(countBytes, 0, 2), MAX_ENTRIES);
  const entries = read(entriesAt, entriesBytes);
  const directory: TiffDirectory = {
    values: new Map(),
    end: entriesAt + entriesBytes,
    isCut: entries.length < entriesBytes,
  };
  for (let at = 0; at + ENTRY_BYTES <= entries.length; at += ENTRY_BYTES) {
    const tag = number(entries, at, 2);
    const type = number(entries, at + 2, 2);
    const count = number(entries, at + 4, 4);
    const size = TYPE_BYTES[type] ?? 0;
    const from = size * count <= 4 ? entriesAt + at + 8 : number(entries, at + 8, 4);
    directory.end = Math.max(directory.end, from + size * count);
    const isRepeated = directory.values.has(tag);
    if (isRepeated || !tags.has(tag) || !types.has(type) || count > MAX_VALUES) continue;
    const bytes = read(from, size * count);
    if (bytes.length < size * count) directory.isCut = true;
    else
      directory.values.set(
        tag,
        Array.from({ length: count }, (_, i) => number(bytes, size * i, size)),
      );
  }
  return directory;
}

function numberReader(isLittleEndian: boolean): (from: Buffer, at: number, size: number) => number {
  return (from, at, size) => (isLittleEndian ? from.readUIntLE(at, size) : from.readUIntBE(at, size));
}
