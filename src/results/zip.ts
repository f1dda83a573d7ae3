/**
 * ZIP archives of any size and number of entries, as PKWARE's APPNOTE 6.3 specifies. Entries are stored as
 * they are given: images are compressed already. The libraries that stream an archive did not fit: client-zip
 * 2.5 declares 65,535 entries when there are more, yazl 3.3 takes quadratic time (13 s for 70,000
 * entries), zip-stream 7 keeps 15 kB of memory per entry; all of them keep the directory in memory.
 */
import type { ScratchFile } from './scratch.ts';

export type ZipEntry = {
  /** a path with slashes, in UTF-8 */
  name: string;
  modifiedAt: Date;
  /** of the content */
  size: number;
  /** of content that is deflated: its size before that */
  inflatedSize?: number;
  /** CRC-32, of what was deflated */
  checksum: number;
  content: Iterable<Buffer> | AsyncIterable<Buffer>;
};

/**
 * Writes an archive as a stream. Each entry states its size and checksum before its content, so that it can
 * be read as a stream too.
 * @param directory an empty file, for the central directory: the list of entries at the end of the archive
 */
export async function* zip(
  entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>,
  directory: ScratchFile,
): AsyncGenerator<Buffer> {
  let offset = 0;
  let count = 0;
  for await (const entry of entries) {
    const header = localHeader(entry);
    yield header;
    yield* entry.content;
    await directory.write(directoryRecord(entry, offset));
    offset += header.length + entry.size;
    count += 1;
  }
  yield* directory.read();
  yield endRecord({ count, size: directory.size, offset });
}

const VERSION = 20; // of the specification that a reader needs
const ZIP64_VERSION = 45;
const MADE_BY = (3 << 8) | ZIP64_VERSION; // 3 is Unix: the attributes hold its file modes
const UTF8 = 1 << 11; // flag: names are in UTF-8
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;
const STORED = 0; // methods
const DEFLATED = 8;
const FILE_MODE = 0o100644;

/** Local file header, APPNOTE 4.3.7. */
function localHeader(entry: ZipEntry): Buffer {
  const extra = zip64Extra(largeSizes(entry));
  const fixed = fields([[4, 0x04034b50], ...commonFields(entry, extra)]);
  return Buffer.concat([fixed, Buffer.from(entry.name), extra]);
}

/** Central directory header, APPNOTE 4.3.12. @param offset of its local header */
function directoryRecord(entry: ZipEntry, offset: number): Buffer {
  const extra = zip64Extra([...largeSizes(entry), ...(offset >= MAX_32 ? [offset] : [])]);
  const fixed = fields([
    [4, 0x02014b50],
    [2, MADE_BY],
    ...commonFields(entry, extra),
    [2, 0], // comment
    [2, 0], // disk
    [2, 0], // internal attributes
    [4, FILE_MODE * 2 ** 16],
    [4, Math.min(offset, MAX_32)],
  ]);
  return Buffer.concat([fixed, Buffer.from(entry.name), extra]);
}

/** Both sizes, if one of them is too large for its own field. */
function largeSizes({ size, inflatedSize = size }: ZipEntry): number[] {
  return Math.max(size, inflatedSize) >= MAX_32 ? [inflatedSize, size] : [];
}

type Field = [bytes: 2 | 4 | 8, value: number];

/** The fields that a local header and a central one share. */
function commonFields(entry: ZipEntry, extra: Buffer): Field[] {
  const { name, modifiedAt, size, inflatedSize = size, checksum } = entry;
  const isLarge = largeSizes(entry).length > 0;
  return [
    [2, extra.length > 0 ? ZIP64_VERSION : VERSION],
    [2, UTF8],
    [2, entry.inflatedSize === undefined ? STORED : DEFLATED],
    [4, dosTime(modifiedAt)],
    [4, checksum],
    [4, isLarge ? MAX_32 : size],
    [4, isLarge ? MAX_32 : inflatedSize],
    [2, Buffer.byteLength(name)],
    [2, extra.length],
  ];
}

/** ZIP64 extra field, APPNOTE 4.5.3: the numbers that are too large for their own fields. */
function zip64Extra(numbers: number[]): Buffer {
  if (numbers.length === 0) return Buffer.alloc(0);
  return fields([[2, 1], [2, 8 * numbers.length], ...numbers.map((number): Field => [8, number])]);
}

/**
 * End of the central directory, APPNOTE 4.3.14 to 4.3.16, with the ZIP64 records before it if a number is too large.
 * @param directory the number of its entries, its size in bytes, and its offset in the archive
 */
function endRecord(directory: { count: number; size: number; offset: number }): Buffer {
  const { count, size, offset } = directory;
  const end = fields([
    [4, 0x06054b50],
    [4, 0], // disks
    [2, Math.min(count, MAX_16)],
    [2, Math.min(count, MAX_16)],
    [4, Math.min(size, MAX_32)],
    [4, Math.min(offset, MAX_32)],
    [2, 0], // comment
  ]);
  if (count < MAX_16 && size < MAX_32 && offset < MAX_32) return end;
  const zip64 = fields([
    [4, 0x06064b50],
    [8, 44], // bytes that follow
    [2, MADE_BY],
    [2, ZIP64_VERSION],
    [8, 0], // disks
    ...[count, count, size, offset].map((number): Field => [8, number]),
  ]);
  const locator = fields([
    [4, 0x07064b50],
    [4, 0],
    [8, offset + size],
    [4, 1], // disks
  ]);
  return Buffer.concat([zip64, locator, end]);
}

/** Numbers one after another, little-endian. */
function fields(list: Field[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((sum, [bytes]) => sum + bytes, 0));
  let offset = 0;
  for (const [bytes, value] of list) {
    if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value), offset);
    else buffer.writeUIntLE(value, offset, bytes);
    offset += bytes;
  }
  return buffer;
}

/** The date and time of MS-DOS: in steps of two seconds, and in UTC, as the format has no time zone. */
function dosTime(time: Date): number {
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return date * 2 ** 16 + clock;
}
