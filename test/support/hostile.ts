/** Files that attack a decoder, built here and not kept as files. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A PNG that is only a header. 41 bytes: signature 8, IHDR 25, and 8 of an IDAT without data. */
export function pngHeader(
  width: number,
  height: number,
  { depth = 8, colour = 6, interlaced = 0 }: { depth?: number; colour?: number; interlaced?: 0 | 1 } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced], 8);
  const data = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x49, 0x44, 0x41, 0x54]);
  return Buffer.concat([PNG_SIGNATURE, pngChunk('IHDR', header), data]);
}

/** A whole PNG of one colour: some kilobytes that become hundreds of megabytes. */
export function pngBomb(width: number, height: number, interlaced: 0 | 1): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, interlaced], 8);
  const rows = deflateSync(Buffer.alloc((width * 3 + 1) * height + 8 * 7 * (width + height)), { level: 9 });
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', rows),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A picture of one colour, as large as is allowed. */
export async function bomb(
  format: 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif',
  width: number,
  height: number,
): Promise<Buffer> {
  const picture = sharp({
    create: { width, height, channels: 3, background: '#123456' },
    limitInputPixels: false,
  });
  switch (format) {
    case 'jpeg':
      return picture.jpeg({ progressive: true }).toBuffer();
    case 'webp':
      return picture.webp({ effort: 0, lossless: true }).toBuffer();
    case 'gif':
      return picture.gif({ effort: 1 }).toBuffer();
    case 'avif':
      return picture.avif({ effort: 0 }).toBuffer();
    case 'tiff':
      return picture.tiff({ compression: 'deflate' }).toBuffer();
  }
}

/** A GIF of many frames of one pixel each, on a large logical screen. */
export function gifOfFrames(frames: number, width: number, height: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\xff\0\0\0\0\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from('\x21\xf9\x04\0\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1');
  return Buffer.concat([
    screen,
    ...Array.from({ length: frames }, () => frame),
    Buffer.from('\x3b', 'latin1'),
  ]);
}

/** Contents that are served under the names of images. */
export const NOT_IMAGES: Record<string, Buffer> = {
  svg: Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
  ),
  'svg behind a declaration': Buffer.from(
    '<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>',
  ),
  pdf: Buffer.from('%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>'),
  bmp: Buffer.concat([
    Buffer.from('BM:\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0', 'latin1'),
    Buffer.alloc(28),
  ]),
  psd: Buffer.concat([Buffer.from('8BPS\0\x01', 'latin1'), Buffer.alloc(20, 1)]),
  mvg: Buffer.from(
    'push graphic-context\nviewbox 0 0 9 9\nfill \'url(https://example.com/x.jpg"|ls "-la)\'\npop graphic-context',
  ),
  msl: Buffer.from('<image><read filename="/etc/passwd"/></image>'),
  ppm: Buffer.from('P6 1 1 255\n\0\0\0', 'latin1'),
  text: Buffer.from('an image of a cat'),
  html: Buffer.from('<!doctype html><html><title>404</title></html>'),
  nothing: Buffer.alloc(0),
  heic: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
};
