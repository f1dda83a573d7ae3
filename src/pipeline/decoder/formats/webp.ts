/** The chunks of a WebP: RFC 9649, 2.3 to 2.7. */

const PICTURE = new Set(['VP8 ', 'VP8L', 'ANMF']);
const FLAGS: Record<string, number> = { EXIF: 0x08, 'XMP ': 0x04 };

/**
 * The file of its whole chunks, with the size that they have: libwebp reads none whose size is wrong.
 * Undefined where a part of a picture is missing.
 */
export function mendedWebp(file: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  const names = new Set<string>();
  let at = 12;
  while (at + 8 <= file.length) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    if (!/^[A-Z0-9 ]{4}$/.test(name)) break; // bytes behind the end
    const end = at + 8 + size;
    // Where the byte that fills up an odd size is missing, another one may be.
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
