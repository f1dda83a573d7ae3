/** The boxes of an AVIF: ISO/IEC 14496-12, 4.2, and ISO/IEC 23008-12. */
import type { Reader } from './byte-reader.ts';
import type { HeaderSize } from './header-size.ts';

const MAX_META = 1_000_000; // the meta box of a photograph has some hundred bytes

/** The largest spatial extent (`ispe`) in the meta box: ISO/IEC 23008-12, 6.5.3. A grid's exceeds its tiles'. */
export function avifSize(read: Reader): HeaderSize | undefined {
  const meta = findBox(read, 'meta');
  if (!meta) return undefined;
  let largest: HeaderSize | undefined;
  for (let at = meta.indexOf('ispe'); at >= 0; at = meta.indexOf('ispe', at + 4)) {
    if (at + 16 > meta.length) break;
    const size = { width: meta.readUInt32BE(at + 8), height: meta.readUInt32BE(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

const MAX_BOXES = 64; // an AVIF has about 3 at the top level

/** A top-level box, up to `MAX_META` bytes of it. */
function findBox(read: Reader, type: string): Buffer | undefined {
  let offset = 0;
  for (let i = 0; i < MAX_BOXES; i += 1) {
    const head = read(offset, BOX_HEAD);
    if (head.length < 8) return undefined;
    const size = boxSize(head);
    if (head.toString('latin1', 4, 8) === type) return read(offset, Math.min(size, MAX_META));
    if (size < 8) return undefined;
    offset += size;
  }
  return undefined;
}

/** Whether every top-level box ends within the file. */
export function isCompleteAvif(file: Buffer): boolean {
  let at = 0;
  while (at + BOX_HEAD <= file.length) {
    const size = boxSize(file.subarray(at, at + BOX_HEAD));
    if (size === Number.POSITIVE_INFINITY) return true;
    at += Math.max(size, 8); // a box has at least its header: the loop always advances
  }
  return at <= file.length;
}

const BOX_HEAD = 16; // with a size of 64 bits

/** A size of 0 means up to the end of the file, 1 means 64 bits behind the type. */
function boxSize(head: Buffer): number {
  const size = head.readUInt32BE(0);
  if (size === 0) return Number.POSITIVE_INFINITY;
  if (size !== 1) return size;
  return head.length < BOX_HEAD ? 0 : Number(head.readBigUInt64BE(8));
}

/** A moving AVIF also holds a still image, but libvips refuses files whose first brand is that of sequences. */
export function stillOfSequence(file: Buffer): Buffer | undefined {
  if (file.toString('latin1', 4, 12) !== 'ftypavis') return undefined;
  return Buffer.concat([file.subarray(0, 8), Buffer.from('avif'), file.subarray(12)]);
}
