/**
 * ZIP archives as PKWARE's APPNOTE 6.3 describes them, without compression (JPEG has it inside), of any
 * number and size. Of the libraries that write one as a stream, client-zip 2.5 declares 65,535 entries
 * where there are more, yazl 3.3 is quadratic in them (70,000 take 13 s),
 * and zip-stream 7 keeps 15 kB of memory for each; all of them keep a list.
 */
import type { ScratchFile } from './scratch.ts';

export type ZipEntry = {
  /** a path with / */
  name: string;
  modifiedAt: Date;
  size: number;
  /** CRC-32 */
  checksum: number;
  content: Iterable<Buffer> | AsyncIterable<Buffer>;
};

/**
 * Sizes and checksums are known before the content, so that readers that stream need no look-ahead.
 * @param directory an empty file for the list of the entries, which comes last
 */
export async function* zip(
  entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>,
  directory: ScratchFile,
): AsyncGenerator<Buffer> {
  let at = 0;
  let count = 0;
  for await (const entry of entries) {
    const header = localHeader(entry);
    yield header;
    yield* entry.content;
    await directory.write(directoryRecord(entry, at));
    at += header.length + entry.size;
    count += 1;
  }
  yield* directory.read();
  yield endRecord({ count, size: directory.size(), at });
}

const [NEEDS, NEEDS_ZIP64] = [20, 45]; // versions of the specification
const MADE_BY = (3 << 8) | NEEDS_ZIP64; // Unix: its modes stand in the attributes
const UTF8 = 1 << 11;
const [MAX_16, MAX_32] = [0xffff, 0xffffffff];
const FILE_MODE = 0o100644;

/** APPNOTE 4.3.7 */
function localHeader({ name, modifiedAt, size, checksum }: ZipEntry): Buffer {
  const extra = size >= MAX_32 ? zip64Extra([size, size]) : Buffer.alloc(0);
  const fixed = fields([[4, 0x04034b50], ...common({ extra, modifiedAt, checksum, size, name })]);
  return Buffer.concat([fixed, Buffer.from(name), extra]);
}

/** APPNOTE 4.3.12 */
function directoryRecord({ name, modifiedAt, size, checksum }: ZipEntry, at: number): Buffer {
  const extra = zip64Extra([...(size >= MAX_32 ? [size, size] : []), ...(at >= MAX_32 ? [at] : [])]);
  const fixed = fields([
    [4, 0x02014b50],
    [2, MADE_BY],
    ...common({ extra, modifiedAt, checksum, size, name }),
    [2, 0], // comment
    [2, 0], // disk
    [2, 0], // internal attributes
    [4, FILE_MODE * 2 ** 16],
    [4, Math.min(at, MAX_32)],
  ]);
  return Buffer.concat([fixed, Buffer.from(name), extra]);
}

type Field = [bytes: 2 | 4 | 8, value: number];

/** What a local header and a record of the directory have in common. */
function common({ name, modifiedAt, size, checksum, extra }: Omit<ZipEntry, 'content'> & { extra: Buffer }) {
  const shownSize = Math.min(size, MAX_32);
  return [
    [2, extra.length > 0 ? NEEDS_ZIP64 : NEEDS],
    [2, UTF8],
    [2, 0], // stored
    [4, dosTime(modifiedAt)],
    [4, checksum],
    [4, shownSize],
    [4, shownSize],
    [2, Buffer.byteLength(name)],
    [2, extra.length],
  ] satisfies Field[];
}

/** APPNOTE 4.5.3: the numbers that do not fit where they belong */
function zip64Extra(numbers: number[]): Buffer {
  if (numbers.length === 0) return Buffer.alloc(0);
  return fields([[2, 1], [2, 8 * numbers.length], ...numbers.map((number): Field => [8, number])]);
}

/** APPNOTE 4.3.14 to 4.3.16: the end of the directory, with its ZIP64 form before it where it needs one */
function endRecord({ count, size, at }: { count: number; size: number; at: number }): Buffer {
  const end = fields([
    [4, 0x06054b50],
    [4, 0], // disks
    [2, Math.min(count, MAX_16)],
    [2, Math.min(count, MAX_16)],
    [4, Math.min(size, MAX_32)],
    [4, Math.min(at, MAX_32)],
    [2, 0], // comment
  ]);
  if (count < MAX_16 && size < MAX_32 && at < MAX_32) return end;
  const zip64 = fields([
    [4, 0x06064b50],
    [8, 44], // bytes that follow
    [2, MADE_BY],
    [2, NEEDS_ZIP64],
    [8, 0], // disks
    ...[count, count, size, at].map((number): Field => [8, number]),
  ]);
  const locator = fields([
    [4, 0x07064b50],
    [4, 0],
    [8, at + size],
    [4, 1], // disks
  ]);
  return Buffer.concat([zip64, locator, end]);
}

/** Little-endian numbers one after another. */
function fields(list: Field[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of list) {
    if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeUIntLE(value, at, bytes);
    at += bytes;
  }
  return buffer;
}

/** Two seconds exact, in UTC: the format knows no zones. */
function dosTime(time: Date): number {
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return date * 2 ** 16 + clock;
}
