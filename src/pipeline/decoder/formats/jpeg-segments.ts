/** The segments of a JPEG: ITU-T T.81, annex B. Nothing is decoded, and every loop advances. */
import type { Reader } from './byte-reader.ts';
import type { HeaderSize } from './header-size.ts';
import type { Samples } from '../../measures.ts';

export const [TABLES, SCAN] = [0xc4, 0xda];
const [START, END] = [0xd8, 0xd9];

/**
 * A marker with its parameters, from `start` to `end`. A scan's coded data follow, up to `dataEnd`, which is searched
 * for when it is asked for: they are most of the file.
 */
export type Segment = { marker: number; start: number; end: number; dataEnd(): number };

/**
 * The segments up to the end marker or the end of the file, where the last one may be cut. Bytes between
 * two segments are skipped.
 */
export function* segments(read: Reader): Generator<Segment> {
  let at = 2;
  for (;;) {
    const start = nextMarker(read, at);
    const head = read(start, 4);
    const marker = head[1];
    if (marker === undefined || marker === END || head.length < 4) return;
    const end = start + 2 + (marker === START ? 0 : Math.max(2, head.readUInt16BE(2)));
    let found = marker === SCAN ? undefined : end;
    const dataEnd = (): number => (found ??= nextMarker(read, end));
    yield { marker, start, end, dataEnd };
    at = dataEnd();
  }
}

const WINDOW = 4_096; // bytes that are searched at a time

/** Where the next marker with a meaning of its own begins, or where the file ends. */
function nextMarker(read: Reader, from: number): number {
  if (isMarker(read(from, 2), 0)) return from;
  let start = from;
  for (;;) {
    const window = read(start, WINDOW);
    for (let at = window.indexOf(0xff); at >= 0; at = window.indexOf(0xff, at + 1)) {
      while (window[at + 1] === 0xff) at += 1; // fill bytes
      if (isMarker(window, at)) return start + at;
    }
    if (window.length < WINDOW) return start + window.length;
    start += WINDOW - 1; // the last byte may begin a marker
  }
}

/** 0xFF 0 is a byte of coded data, 0xFF 0xFF begins with a fill byte, restart markers belong to the data (B.1.1.2). */
function isMarker(bytes: Buffer, at: number): boolean {
  const code = bytes[at + 1] ?? 0;
  return bytes[at] === 0xff && code > 1 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7);
}

/** Whether a marker begins a frame header (SOF). */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

const PROGRESSIVE = new Set([0xc2, 0xc6, 0xca, 0xce]);

export function isProgressive(frameMarker: number): boolean {
  return PROGRESSIVE.has(frameMarker);
}

/** The size in the first frame header. */
export function jpegSize(read: Reader): HeaderSize | undefined {
  let mayHoldXmp = false;
  for (const { marker, start } of segments(read)) {
    const head = read(start, 4 + XMP_SIGNATURE.length);
    if (isFrame(marker)) {
      if (head.length < 9) return undefined;
      const [height, width] = [head.readUInt16BE(5), head.readUInt16BE(7)];
      return { width, height, isInterlaced: isProgressive(marker), mayHoldXmp, samples: samplesOf(head) };
    }
    if (marker === SCAN) return undefined; // a picture without a frame header
    mayHoldXmp ||= head.toString('latin1', 4) === XMP_SIGNATURE;
  }
  return undefined;
}

const XMP_SIGNATURE = 'http://ns.adobe.com/xap/1.0/'; // XMP Specification, part 3, 1.1.3

const COLOURS: Record<number, Samples['colours']> = { 1: 'grey', 3: 'rgb', 4: 'cmyk' };

/** Of a frame header: how many components it has, and of how many bits. Y, Cb and Cr are RGB. */
function samplesOf(frame: Buffer): Samples {
  return { colours: COLOURS[frame[9] ?? 0] ?? 'other', bits: frame[4] ?? 8 };
}
