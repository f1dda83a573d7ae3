/** The blocks of a GIF: GIF89a, 15 to 27 and appendix F. Every loop advances. */
import type { Reader } from './byte-reader.ts';
import type { HeaderSize } from './header-size.ts';

const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const GRAPHIC_CONTROL = 0xf9; // stands before its frame

/** The logical screen: 18. */
export function gifSize(read: Reader): HeaderSize | undefined {
  const head = read(0, 10);
  return head.length < 10 ? undefined : { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

/** Whether the blocks lead to the trailer. */
export function hasTrailer(file: Buffer): boolean {
  let at = firstBlock(file);
  while (at < file.length) {
    const block = file[at];
    if (block === TRAILER) return true;
    if (block === EXTENSION) at = endOfBlocks(file, at + 2);
    else if (block === IMAGE) at = endOfBlocks(file, at + 11 + tableBytes(file[at + 9]));
    else return false;
  }
  return false;
}

type Frames = {
  /** where the last whole block ends; beyond the file's end if only its last fill bytes are missing */
  end: number;
  /** whether the next frame lacks pixels: a decoder would leave them grey or transparent */
  isCut: boolean;
};

/** @param used how many frames are shown, from the first; of the others only the end is checked, not the pixels */
export function wholeFrames(file: Buffer, used: number): Frames {
  let at = firstBlock(file);
  for (let frames = 0; file[at] === EXTENSION || file[at] === IMAGE;) {
    const isFrame = file[at] === IMAGE;
    const end = isFrame ? endOfFrame(file, at, frames < used) : endOfExtension(file, at);
    if (end === undefined) return { end: at, isCut: isFrame || file[at + 1] === GRAPHIC_CONTROL };
    if (isFrame) frames += 1;
    at = end;
  }
  return { end: at, isCut: false };
}

/** The whole blocks as a file, with a trailer. */
export function closedGif(file: Buffer, { end }: Frames): Buffer {
  const fill = Buffer.alloc(Math.max(0, end - file.length));
  return Buffer.concat([file.subarray(0, end), fill, Buffer.from([TRAILER])]);
}

function firstBlock(file: Buffer): number {
  return 13 + tableBytes(file[10]);
}

function tableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function endOfExtension(file: Buffer, at: number): number | undefined {
  const end = endOfBlocks(file, at + 2);
  return end <= file.length ? end : undefined;
}

/** Where a chain of sub-blocks ends, or would end if the file were longer. */
function endOfBlocks(file: Buffer, from: number): number {
  let at = from;
  while (at < file.length && file[at] !== 0) at += 1 + (file[at] ?? 0);
  return at + 1;
}

/** Undefined where the data hold fewer pixels than the frame has. */
function endOfFrame(file: Buffer, at: number, isUsed: boolean): number | undefined {
  if (at + 11 > file.length) return undefined;
  const pixels = file.readUInt16LE(at + 5) * file.readUInt16LE(at + 7);
  const dataAt = at + 10 + tableBytes(file[at + 9]);
  const end = endOfBlocks(file, dataAt + 1);
  if (!isUsed && end <= file.length) return end;
  return pixelsOf(bytesOf(file, dataAt + 1), file[dataAt] ?? 0) < pixels ? undefined : end;
}

/** The bytes of a chain of sub-blocks, without their lengths. */
function bytesOf(file: Buffer, from: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = from; at < file.length && file[at] !== 0; at += 1 + (file[at] ?? 0))
    blocks.push(file.subarray(at + 1, at + 1 + (file[at] ?? 0)));
  return Buffer.concat(blocks);
}

const MAX_CODE_BITS = 12;

/** How many pixels LZW data hold. Only the length of each code's string matters. */
function pixelsOf(data: Buffer, firstBits: number): number {
  if (firstBits < 1 || firstBits >= MAX_CODE_BITS) return 0;
  const clear = 1 << firstBits;
  const lengths = new Uint16Array(1 << MAX_CODE_BITS).fill(1, 0, clear);
  let [next, bits, previous] = [clear + 2, firstBits + 1, 0];
  let [pixels, held, heldBits, at] = [0, 0, 0, 0];
  for (;;) {
    for (; heldBits < bits; heldBits += 8) {
      if (at >= data.length) return pixels;
      held |= (data[at] ?? 0) << heldBits;
      at += 1;
    }
    const code = held & ((1 << bits) - 1);
    held >>>= bits;
    heldBits -= bits;
    if (code === clear) [next, bits, previous] = [clear + 2, firstBits + 1, 0];
    else if (code === clear + 1 || code > next || (code === next && previous === 0)) return pixels;
    else {
      if (previous > 0 && next < lengths.length) {
        lengths[next] = previous + 1;
        next += 1;
        if (next === 1 << bits && bits < MAX_CODE_BITS) bits += 1;
      }
      previous = lengths[code] ?? 1;
      pixels += previous;
    }
  }
}
