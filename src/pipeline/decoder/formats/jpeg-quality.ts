/** The quality that a JPEG was written with, by its luma quantization table: ITU-T T.81, B.2.4.1 and K.1; libjpeg's jcparam.c. */
import type { Reader } from './byte-reader.ts';
import { isFrame, SCAN, segments } from './jpeg-segments.ts';

/** @returns 1 to 100; undefined for tables that are not libjpeg's standard ones, such as mozjpeg's and Photoshop's */
export function jpegQuality(read: Reader): number | undefined {
  const tables = new Map<number, Table>();
  let lumaTable: number | undefined;
  for (const { marker, start, end } of segments(read)) {
    if (marker === SCAN) break;
    if (marker === QUANTIZATION) noteTables(read(start + 4, end - start - 4), tables);
    if (isFrame(marker)) lumaTable = read(start, 13)[12];
  }
  const luma = tables.get(lumaTable ?? 0);
  return luma && QUALITIES.findLast((quality) => isOfQuality(luma, quality));
}

const QUANTIZATION = 0xdb;
const QUALITIES = Array.from({ length: 100 }, (_, i) => i + 1);

/** 64 values in zigzag order, and the largest that it may hold. */
type Table = { values: number[]; most: number };

function noteTables(body: Buffer, tables: Map<number, Table>): void {
  for (let at = 0; at < body.length;) {
    const head = body[at] ?? 0;
    const bytes = head >> 4 === 0 ? 1 : 2;
    const end = at + 1 + 64 * bytes;
    if (end > body.length) return;
    const values = Array.from({ length: 64 }, (_, i) => body.readUIntBE(at + 1 + i * bytes, bytes));
    tables.set(head & 15, { values, most: bytes === 1 ? 255 : 32_767 });
    at = end;
  }
}

function isOfQuality({ values, most }: Table, quality: number): boolean {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return STANDARD.every((standard, i) => {
    const scaled = Math.floor((standard * percent + 50) / 100);
    return values[i] === Math.min(most, Math.max(1, scaled));
  });
}

// Table K.1 in zigzag order.
const STANDARD = [
  ...[16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40],
  ...[26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51],
  ...[56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87],
  ...[95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99],
];
