/** Writes TIFF files of every kind from their tags: sharp writes only a few kinds. */
import { deflateSync } from 'node:zlib';

export type TiffPage = {
  width: number;
  height: number;
  bits: number;
  /** per pixel, with extra samples */
  samples: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 Lab */
  photometric: number;
  /** ExtraSamples: 0 unspecified, 1 associated alpha, 2 unassociated alpha */
  extra?: number[];
  /** 1 unsigned, 2 signed, 3 float */
  sampleFormat?: number;
  planar?: 1 | 2;
  compression?: 'none' | 'deflate';
  /** overrides the number of the compression */
  compressionTag?: number;
  /** more tags, as shorts */
  tags?: Record<number, number[]>;
  subfileType?: number;
  rowsPerStrip?: number;
  /** the value of a sample of a pixel */
  value(x: number, y: number, sample: number): number;
};

const [SHORT, LONG] = [3, 4];

/** Little-endian; each page's directory precedes its strips. */
export function tiff(...pages: TiffPage[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II\x2a\0\x08\0\0\0', 'latin1')];
  let at = 8;
  for (const [i, page] of pages.entries()) {
    const part = written(page, at, i === pages.length - 1);
    parts.push(part);
    at += part.length;
  }
  return Buffer.concat(parts);
}

type Entry = { tag: number; type: number; values: number[] };

function written(page: TiffPage, at: number, isLast: boolean): Buffer {
  const strips = stripsOf(page);
  const entries = entriesOf(page, strips);
  const directoryBytes = 2 + 12 * entries.length + 4;
  const outside = entries.filter((entry) => bytesOf(entry) > 4);
  const stripsAt = at + directoryBytes + outside.reduce((sum, entry) => sum + bytesOf(entry), 0);
  const offsets = entries.find(({ tag }) => tag === 273);
  if (offsets) offsets.values = startsOf(strips, stripsAt);
  const directory = Buffer.alloc(stripsAt - at);
  const end = stripsAt + strips.reduce((sum, strip) => sum + strip.length, 0);
  directory.writeUInt16LE(entries.length, 0);
  let valuesAt = directoryBytes;
  for (const [i, entry] of entries.entries()) {
    const entryAt = 2 + 12 * i;
    directory.writeUInt16LE(entry.tag, entryAt);
    directory.writeUInt16LE(entry.type, entryAt + 2);
    directory.writeUInt32LE(entry.values.length, entryAt + 4);
    const isInside = bytesOf(entry) <= 4;
    if (!isInside) directory.writeUInt32LE(at + valuesAt, entryAt + 8);
    const from = isInside ? entryAt + 8 : valuesAt;
    for (const [k, value] of entry.values.entries())
      if (entry.type === SHORT) directory.writeUInt16LE(value, from + 2 * k);
      else directory.writeUInt32LE(value, from + 4 * k);
    if (!isInside) valuesAt += bytesOf(entry);
  }
  directory.writeUInt32LE(isLast ? 0 : end, 2 + 12 * entries.length);
  return Buffer.concat([directory, ...strips]);
}

function bytesOf({ type, values }: Entry): number {
  return values.length * (type === SHORT ? 2 : 4);
}

function startsOf(strips: Buffer[], first: number): number[] {
  let at = first;
  return strips.map((strip) => (at += strip.length) - strip.length);
}

function entriesOf(page: TiffPage, strips: Buffer[]): Entry[] {
  const { width, height, bits, samples, photometric, extra, sampleFormat, planar = 1 } = page;
  const compression = page.compressionTag ?? (page.compression === 'deflate' ? 8 : 1);
  const shorts: Record<number, number[]> = {
    ...{ 258: Array.from({ length: samples }, () => bits), 259: [compression], 262: [photometric] },
    ...{ 277: [samples], 284: [planar] },
    ...(extra && { 338: extra }),
    ...(sampleFormat !== undefined && { 339: Array.from({ length: samples }, () => sampleFormat) }),
    ...page.tags,
  };
  const longs: Record<number, number[]> = {
    ...{ 256: [width], 257: [height], 273: strips.map(() => 0), 278: [page.rowsPerStrip ?? height] },
    279: strips.map((strip) => strip.length),
    ...(page.subfileType !== undefined && { 254: [page.subfileType] }),
  };
  const all = [
    ...Object.entries(shorts).map(([tag, values]) => ({ tag: Number(tag), type: SHORT, values })),
    ...Object.entries(longs).map(([tag, values]) => ({ tag: Number(tag), type: LONG, values })),
  ];
  return all.toSorted((a, b) => a.tag - b.tag);
}

function stripsOf(page: TiffPage): Buffer[] {
  const { height, samples, planar = 1, rowsPerStrip = height, compression } = page;
  const planes = planar === 1 ? [undefined] : Array.from({ length: samples }, (_, sample) => sample);
  const strips: Buffer[] = [];
  for (const plane of planes)
    for (let top = 0; top < height; top += rowsPerStrip) {
      const rows: Buffer[] = [];
      for (let y = top; y < Math.min(height, top + rowsPerStrip); y += 1) rows.push(rowOf(page, y, plane));
      const strip = Buffer.concat(rows);
      strips.push(compression === 'deflate' ? deflateSync(strip) : strip);
    }
  return strips;
}

/** @param plane the only sample to write; undefined: all samples of each pixel together */
function rowOf(
  { width, bits, samples, sampleFormat = 1, value }: TiffPage,
  y: number,
  plane?: number,
): Buffer {
  const wanted = plane === undefined ? Array.from({ length: samples }, (_, sample) => sample) : [plane];
  const row = Buffer.alloc(Math.ceil((width * wanted.length * bits) / 8));
  let i = 0;
  for (let x = 0; x < width; x += 1)
    for (const sample of wanted) {
      write(row, i, { bits, sampleFormat, value: value(x, y, sample) });
      i += 1;
    }
  return row;
}

function write(
  row: Buffer,
  i: number,
  { bits, sampleFormat, value }: { bits: number; sampleFormat: number; value: number },
): void {
  if (sampleFormat === 3) {
    if (bits === 64) row.writeDoubleLE(value, 8 * i);
    else row.writeFloatLE(value, 4 * i);
  } else if (bits < 8) {
    const shift = 8 - bits - ((i * bits) % 8);
    row[(i * bits) >> 3] = (row[(i * bits) >> 3] ?? 0) | (value << shift);
  } else if (sampleFormat === 2) row.writeIntLE(value, (i * bits) / 8, bits / 8);
  else row.writeUIntLE(value, (i * bits) / 8, bits / 8);
}
