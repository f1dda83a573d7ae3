/** Judges and mends JPEGs by their structure: ITU-T T.81, annex B. Nothing is decoded. */
import { inMemory } from './byte-reader.ts';
import { isFrame, isProgressive, SCAN, type Segment, segments, TABLES } from './jpeg-segments.ts';

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = Buffer.from([0xff, 0xd9]);

/** The segments that the file holds whole. */
function* wholeSegments(file: Buffer): Generator<Segment> {
  for (const segment of segments(inMemory(file))) {
    if (segment.end > file.length) return;
    yield segment;
  }
}

/**
 * The same picture without what makes a decoder warn but does no harm: bytes between segments, wrong scan
 * parameters of phones, a missing end marker. After that, a warning is about the coded data. The filling of an
 * interrupted copy is removed, because it is not coded data.
 */
export function mendedJpeg(file: Buffer): Buffer {
  const parts: Buffer[] = [SOI];
  const zeroCodes = new Map<number, number>();
  let isSequential = false;
  for (const { marker, start, end, dataEnd } of wholeSegments(file)) {
    const header = file.subarray(start, end);
    const data = file.subarray(end, dataEnd());
    if (isFrame(marker)) isSequential = marker <= 0xc1;
    if (marker === TABLES) noteZeroCodes(header, zeroCodes);
    if (marker !== SCAN) parts.push(header);
    else {
      parts.push(isSequential ? sequentialScan(header) : header);
      const isNoData = isSequential && scanTables(header).some((table) => (zeroCodes.get(table) ?? 0) > 0);
      parts.push(withoutFilling(isNoData ? withoutZeros(data) : data, dataEnd() === file.length));
    }
  }
  return Buffer.concat([...parts, EOI]);
}

/** Notes what the code of all zeros means in each table for AC coefficients: its first value (B.2.4.2, C). */
function noteZeroCodes(segment: Buffer, zeroCodes: Map<number, number>): void {
  for (let at = 4; at + 17 < segment.length;) {
    const table = segment[at] ?? 0;
    if (table >= AC) zeroCodes.set(table - AC, segment[at + 17] ?? 0);
    at += 17 + segment.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
  }
}

const AC = 0x10;

/** The tables for AC coefficients of a scan's components: B.2.3. */
function scanTables(header: Buffer): number[] {
  return Array.from({ length: header[4] ?? 0 }, (_, i) => (header[6 + 2 * i] ?? 0) & 15);
}

const ZEROS = Buffer.alloc(64);

/** Cuts at a hole in the file. Where the code of zeros does not end a block, no picture has 64 bytes of zeros. */
function withoutZeros(data: Buffer): Buffer {
  const hole = data.indexOf(ZEROS);
  return hole < 0 ? data : data.subarray(0, hole);
}

/** All coefficients in one scan: B.2.3. The parameters are its last three bytes. */
function sequentialScan(header: Buffer): Buffer {
  return Buffer.concat([header.subarray(0, -3), Buffer.from([0, 63, 0])]);
}

/** Removes the filling, one repeated byte, that an interrupted copy may leave where no marker ends the data. */
function withoutFilling(data: Buffer, isOpen: boolean): Buffer {
  const last = data.at(-1);
  if (!isOpen || (last !== 0 && last !== 0xff)) return data;
  let end = data.length;
  while (end > 0 && data[end - 1] === last) end -= 1;
  return data.length - end < FILLING ? data : data.subarray(0, end);
}

const FILLING = 4; // bytes: coded data hardly ever end with so many equal ones

// A run of ones is no code (T.81, annex C), so a decoder that lacks data soon reads past it to the end of the file.
// A decoder fetches eight bytes ahead, and each 0xFF of data is followed by a 0.
const NO_DATA = Buffer.from([0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0]);

/**
 * The same JPEG of one scan without an end marker. libvips checks libjpeg's warnings before it reads rows, so it
 * never notices that the last rows are missing, but it reports the end of a file at once.
 * @param data where the coded data begin: the first end marker after that is the picture's
 */
export function endedJpeg(file: Buffer, data: number): Buffer {
  const end = file.indexOf(EOI, data);
  return end < 0 || hasHole(file, data, end) ? endedMendedJpeg(file) : endedAt(file, end);
}

/** The same for the mended picture. */
export function endedMendedJpeg(file: Buffer): Buffer {
  const mended = mendedJpeg(file);
  return endedAt(mended, mended.length - EOI.length);
}

function endedAt(file: Buffer, end: number): Buffer {
  return Buffer.concat([file.subarray(0, end), NO_DATA]);
}

/** Whether there are as many zeros as in ZEROS. It reads one byte of each such run: reading all takes a millisecond per MB. */
function hasHole(file: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += ZEROS.length)
    if (file[at] === 0 && file.subarray(Math.max(from, at - ZEROS.length), at + ZEROS.length).includes(ZEROS))
      return true;
  return false;
}

/**
 * Where the coded data of the only scan begin. Undefined if the first scan holds only some of the picture's
 * components, or some of their coefficients.
 */
export function onlyScan(head: Buffer): number | undefined {
  let frame: Frame | undefined;
  for (const { marker, start, end } of wholeSegments(head)) {
    if (isFrame(marker)) frame = frameOf(marker, head.subarray(start, end));
    if (marker !== SCAN) continue;
    return frame && !frame.isProgressive && frame.ids.length === head[start + 4] ? end : undefined;
  }
  return undefined; // the header is longer than `head`
}

/**
 * Whether scans are missing: a component without a scan, or coefficients without their last bits (G.1.1.1).
 * A decoder does not warn of them, and shows a picture that is blurred or without colours.
 */
export function lacksScans(file: Buffer): boolean {
  let frame: Frame | undefined;
  const missing = new Map<number, Uint8Array>(); // by component: how many bits each coefficient lacks
  for (const { marker, start, end } of wholeSegments(file)) {
    const segment = file.subarray(start, end);
    if (isFrame(marker) && !frame) {
      frame = frameOf(marker, segment);
      for (const id of frame.ids) missing.set(id, new Uint8Array(64).fill(16));
    }
    if (marker === SCAN && frame) note(segment, frame, missing);
  }
  return [...missing.values()].some((bits) => bits.some((bit) => bit > 0));
}

type Frame = { isProgressive: boolean; ids: number[] };

function frameOf(marker: number, segment: Buffer): Frame {
  const ids: number[] = [];
  for (let at = 10; at + 3 <= segment.length; at += 3) ids.push(segment[at] ?? 0);
  return { isProgressive: isProgressive(marker), ids };
}

function note(scan: Buffer, { isProgressive }: Frame, missing: Map<number, Uint8Array>): void {
  const components = scan[4] ?? 0;
  const [first = 0, last = 0, precision = 0] = scan.subarray(5 + 2 * components);
  for (let i = 0; i < components; i += 1) {
    const bits = missing.get(scan[5 + 2 * i] ?? 0);
    if (isProgressive) bits?.fill(precision & 15, first, last + 1);
    else bits?.fill(0);
  }
}
