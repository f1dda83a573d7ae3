/** Whether the frames of a GIF have all their pixels: GIF89a, 15 to 27 and appendix F. Every loop goes forward. */

const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const GRAPHIC_CONTROL = 0xf9; // it comes before its frame

type Frames = {
  /** where the last block ends that is whole; behind the file's end where nothing but fill is missing */
  end: number;
  /** whether a frame follows that lacks pixels: a decoder would leave them grey or transparent */
  isCut: boolean;
};

/** @param used how many frames are shown, from the first on; of the others only the data's end is looked for */
export function wholeFrames(file: Buffer, used: number): Frames {
  let at = 13 + tableBytes(file[10]);
  for (let frames = 0; file[at] === EXTENSION || file[at] === IMAGE;) {
    const isFrame = file[at] === IMAGE;
    const end = isFrame ? endOfFrame(file, at, frames < used) : endOfExtension(file, at);
    if (end === undefined) return { end: at, isCut: isFrame || file[at + 1] === GRAPHIC_CONTROL };
    if (isFrame) frames += 1;
    at = end;
  }
  return { end: at, isCut: false };
}

/** The blocks that are whole, as a file of their own. */
export function closedGif(file: Buffer, { end }: Frames): Buffer {
  const fill = Buffer.alloc(Math.max(0, end - file.length));
  return Buffer.concat([file.subarray(0, end), fill, Buffer.from([TRAILER])]);
}

function tableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function endOfExtension(file: Buffer, at: number): number | undefined {
  const end = endOfBlocks(file, at + 2);
  return end <= file.length ? end : undefined;
}

/** Where a chain of sub-blocks ends, or would end. */
function endOfBlocks(file: Buffer, from: number): number {
  let at = from;
  while (at < file.length && file[at] !== 0) at += 1 + (file[at] ?? 0);
  return at + 1;
}

/** Undefined where the data are of fewer pixels than the frame. */
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

/** How many pixels LZW data are of. Of each code only the length of its string matters. */
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
