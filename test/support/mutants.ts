/** Small images of every format, and files whose numbers are wrong. */
import sharp from 'sharp';
import { random } from './random.ts';

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;

/** A whole file of each source format. */
export async function samples(): Promise<[(typeof FORMATS)[number], Buffer][]> {
  const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: '#4080c0' } });
  return Promise.all(
    FORMATS.map(async (format) => [format, await picture.clone().toFormat(format).toBuffer()] as const),
  );
}

const NUMBERS = ['00000000', '00000001', '00000008', '7fffffff', '80000000', 'ffffffff'];
const HEADER_BYTES = 400;

/** The file with each of its first numbers replaced by extreme ones, cut at every tenth, and with noise. */
export function* mutantsOf(bytes: Buffer, noisy: number): Generator<[what: string, mutant: Buffer]> {
  for (let at = 4; at + 4 <= Math.min(bytes.length, HEADER_BYTES); at += 2)
    for (const number of NUMBERS)
      yield [`${number} at ${at}`, replaced(bytes, at, Buffer.from(number, 'hex'))];
  for (let tenth = 1; tenth < 10; tenth += 1)
    yield [`cut at ${tenth}0 %`, bytes.subarray(0, Math.ceil((bytes.length * tenth) / 10))];
  for (let seed = 1; seed <= noisy; seed += 1) {
    const { upTo } = random(seed);
    const mutant = Buffer.from(bytes);
    for (let i = upTo(20); i > 0; i -= 1) mutant[3 + upTo(mutant.length - 4)] = upTo(256) - 1;
    yield [`noise ${seed}`, mutant];
  }
}

function replaced(bytes: Buffer, at: number, by: Buffer): Buffer {
  const mutant = Buffer.from(bytes);
  by.copy(mutant, at);
  return mutant;
}

const FILLER = 8 * 2 ** 20;

/** Files that make a reader loop for long: a signature, then steps that hardly advance. */
export function endlessFiles(): Record<string, Buffer> {
  const filled = (head: string, step: string): Buffer =>
    Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(FILLER, step, 'latin1')]);
  return {
    'AVIF with a box of a 64-bit size of 0': filled(
      '\0\0\0\x14ftypavif\0\0\0\0avif\0\0\0\x01free\0\0\0\0\0\0\0\0',
      '\0',
    ),
    'AVIF of boxes of 8 bytes': filled('\0\0\0\x14ftypavif\0\0\0\0avif', '\0\0\0\x08free'),
    'AVIF whose meta box is full of sizes': filled(
      '\0\0\0\x14ftypavif\0\0\0\0avif\0\x7f\xff\xffmeta',
      'ispe\0\0\0\0\0\0\0\0',
    ),
    'JPEG of fill bytes': filled('\xff\xd8', '\xff'),
    'JPEG of empty segments': filled('\xff\xd8', '\xff\xe0\0\x02'),
    'JPEG of segments without a length': filled('\xff\xd8', '\xff\xe0\0\0'),
    'PNG of empty chunks': filled('\x89PNG\r\n\x1a\n', '\0\0\0\0tEXt\0\0\0\0'),
    'PNG of empty chunks behind its header': filled(
      '\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\x90\x91\x68\x36',
      '\0\0\0\0tEXt\0\0\0\0',
    ),
    'GIF of empty extensions': filled('GIF89a\x01\0\x01\0\0\0\0', '!\xfe\0'),
    'GIF of sub-blocks': filled('GIF89a\x01\0\x01\0\0\0\0!\xfe', '\x01'),
    'WebP of empty chunks': filled('RIFF\xff\xff\xff\xffWEBPVP8X', 'EXIF\0\0\0\0'),
    'TIFF with strips without end': tiff(0xffff_ffff, 8),
    'TIFF whose strips are its directory': tiff(FILLER / 4, 8),
    'TIFF whose directory leads to itself': filled('II\x2a\0\x08\0\0\0', '\x08\0\0\0'),
  };
}

/** A TIFF of one pixel that claims this many strips, with their offsets at `offset`. */
function tiff(strips: number, offset: number): Buffer {
  const file = Buffer.alloc(FILLER, 4);
  file.write('II\x2a\0\x08\0\0\0', 'latin1');
  const entries = [256, 257, 273, 279].map((tag) => [tag, tag < 258 ? 1 : strips, tag < 258 ? 1 : offset]);
  file.writeUInt16LE(entries.length, 8);
  for (const [i, [tag = 0, count = 0, value = 0]] of entries.entries()) {
    const at = 10 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  }
  return file;
}
