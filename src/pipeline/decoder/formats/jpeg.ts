/** The structure of a JPEG: ITU-T T.81, annex B. Nothing is decoded, and every loop goes forward. */

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = Buffer.from([0xff, 0xd9]);
const [TABLES, END, SCAN] = [0xc4, 0xd9, 0xda];

/** A marker with its parameters; a scan's coded data end at `dataEnd`. */
type Segment = { marker: number; start: number; end: number; dataEnd: number };

/** Up to the end marker, or to where the file is cut; what stands between two segments is skipped. */
function* segments(file: Buffer): Generator<Segment> {
  let at = 2;
  for (;;) {
    const start = nextMarker(file, at);
    const marker = file[start + 1];
    if (marker === undefined || marker === END || start + 4 > file.length) return;
    const end = start + 2 + Math.max(2, file.readUInt16BE(start + 2));
    if (end > file.length) return;
    at = marker === SCAN ? nextMarker(file, end) : end;
    yield { marker, start, end, dataEnd: at };
  }
}

/**
 * Where the next marker with a meaning of its own begins. A 0xFF before 0 is a byte of coded data, one
 * before another 0xFF is a fill byte, and restart markers belong to the data (B.1.1.2).
 */
function nextMarker(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const code = file[at + 1] ?? 0;
    if (code > 1 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7)) return at;
  }
  return file.length;
}

/**
 * The same picture without what makes a decoder warn and does not harm: bytes between segments, scan
 * parameters that phones write wrong, a missing end marker. Then a warning tells of the data. What a broken
 * copy was filled up with is no data.
 */
export function mendedJpeg(file: Buffer): Buffer {
  const parts: Buffer[] = [SOI];
  const zeroCodes = new Map<number, number>();
  let isSequential = false;
  for (const { marker, start, end, dataEnd } of segments(file)) {
    const header = file.subarray(start, end);
    const data = file.subarray(end, dataEnd);
    if (isFrame(marker)) isSequential = marker <= 0xc1;
    if (marker === TABLES) noteZeroCodes(header, zeroCodes);
    if (marker !== SCAN) parts.push(header);
    else {
      parts.push(isSequential ? sequentialScan(header) : header);
      const isNoData = isSequential && scanTables(header).some((table) => (zeroCodes.get(table) ?? 0) > 0);
      parts.push(withoutFilling(isNoData ? withoutZeros(data) : data, dataEnd === file.length));
    }
  }
  return Buffer.concat([...parts, EOI]);
}

/** What a code of zeros alone means in each table for AC coefficients: the first value (B.2.4.2, C). */
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

/** Where zeros do not end a block, no picture has so many: they stand where a file has a hole. */
function withoutZeros(data: Buffer): Buffer {
  const hole = data.indexOf(ZEROS);
  return hole < 0 ? data : data.subarray(0, hole);
}

/** All coefficients in one scan: B.2.3. The parameters are its last three bytes. */
function sequentialScan(header: Buffer): Buffer {
  return Buffer.concat([header.subarray(0, -3), Buffer.from([0, 63, 0])]);
}

/** Data that no marker ends may be filled up with one byte, where a copy was broken off. */
function withoutFilling(data: Buffer, isOpen: boolean): Buffer {
  const last = data.at(-1);
  if (!isOpen || (last !== 0 && last !== 0xff)) return data;
  let end = data.length;
  while (end > 0 && data[end - 1] === last) end -= 1;
  return data.length - end < FILLING ? data : data.subarray(0, end);
}

const FILLING = 4; // bytes; coded data hardly ever end with so many equal ones

// Ones are no code (T.81, C): whoever reads them for a picture soon comes to the end of the file. A decoder
// fetches eight bytes ahead, and a 0xFF of data is written with a 0 behind it.
const NO_DATA = Buffer.from([0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0]);

/**
 * A JPEG of one scan that ends without a marker. libvips looks at libjpeg's warnings before it reads rows,
 * and so never hears that the last ones were missing; the end of a file it tells at once.
 * @param data where its coded data begin: no other end marker stands behind them than the picture's
 */
export function endedJpeg(file: Buffer, data: number): Buffer {
  const end = file.indexOf(EOI, data);
  return end < 0 || hasHole(file, data, end) ? endedMendedJpeg(file) : endedAt(file, end);
}

/** The same of the mended picture. */
export function endedMendedJpeg(file: Buffer): Buffer {
  const mended = mendedJpeg(file);
  return endedAt(mended, mended.length - EOI.length);
}

function endedAt(file: Buffer, end: number): Buffer {
  return Buffer.concat([file.subarray(0, end), NO_DATA]);
}

/** Whether there are as many zeros as in ZEROS. One byte of each such run is looked at: all take a millisecond a MB. */
function hasHole(file: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += ZEROS.length)
    if (file[at] === 0 && file.subarray(Math.max(from, at - ZEROS.length), at + ZEROS.length).includes(ZEROS))
      return true;
  return false;
}

/** Where the coded data of the first scan begin; undefined where it holds but a part of the picture: of its components, or of their coefficients. */
export function onlyScan(head: Buffer): number | undefined {
  let frame: Frame | undefined;
  for (const { marker, start, end } of segments(head)) {
    if (isFrame(marker)) frame = frameOf(marker, head.subarray(start, end));
    if (marker !== SCAN) continue;
    return frame && !frame.isProgressive && frame.ids.length === head[start + 4] ? end : undefined;
  }
  return undefined; // its header is longer than what was looked at
}

/**
 * Whether scans are missing: a component that no scan has, or coefficients that were not sent to their
 * last bit (G.1.1.1). A decoder shows what there is, without colours or blurred, and does not warn.
 */
export function lacksScans(file: Buffer): boolean {
  let frame: Frame | undefined;
  const missing = new Map<number, Uint8Array>(); // of each component: the bits that each coefficient lacks
  for (const { marker, start, end } of segments(file)) {
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
  return { isProgressive: PROGRESSIVE.has(marker), ids };
}

const PROGRESSIVE = new Set([0xc2, 0xc6, 0xca, 0xce]);

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
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
