/** The chunks of a WebP: RFC 9649, 2.3 to 2.7. */
import type { Reader } from './byte-reader.ts';
import type { HeaderSize } from './header-size.ts';

/** Of a lossy, a lossless or an extended file. */
export function webpSize(read: Reader): HeaderSize | undefined {
  const head = read(0, 30);
  if (head.length < 30) return undefined;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

const PICTURE = new Set(['VP8 ', 'VP8L', 'ANMF']);
const FLAGS: Record<string, number> = { EXIF: 0x08, 'XMP ': 0x04 };

/**
 * A file of the whole chunks, with their size in its header: libwebp refuses files whose size is wrong.
 * Undefined where a part of a picture is missing.
 */
export function mendedWebp(file: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  const names = new Set<string>();
  let at = 12;
  while (at + 8 <= file.length) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    if (!/^[A-Z0-9 ]{4}$/.test(name)) break; // trailing bytes
    const end = at + 8 + size;
    // If the fill byte of an odd size is missing, a byte of the data may be missing too.
    const isLost = size % 2 === 1 && end === file.length && file[end - 1] === 0;
    if (end > file.length || isLost) {
      if (PICTURE.has(name) || name === 'ALPH') return undefined;
      break;
    }
    names.add(name);
    chunks.push(file.subarray(at, end), Buffer.alloc(size & 1));
    at = end + (size & 1);
  }
  if (![...PICTURE].some((name) => names.has(name))) return undefined;
  const body = Buffer.concat(chunks);
  if (body.toString('latin1', 0, 4) === 'VP8X')
    for (const [name, flag] of Object.entries(FLAGS)) if (!names.has(name)) body[8] = (body[8] ?? 0) & ~flag;
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(4 + body.length, 4);
  return Buffer.concat([head, body]);
}
