import sharp from 'sharp';
import type { Libraries } from '../decoder-protocol.ts';

// Buffers hold files that were mended: see formats/source.ts.
const LOADERS = [
  'JpegFile',
  'PngFile',
  'WebpFile',
  'NsgifFile',
  'TiffFile',
  'HeifFile',
  'JpegBuffer',
  'PngBuffer',
  'WebpBuffer',
  'NsgifBuffer',
  'HeifBuffer',
];

// The releases that fixed the last known vulnerabilities, as of November 2026.
const OLDEST = { sharp: '0.35.0', vips: '8.18.3', webp: '1.3.2' } as const;

/** libvips chooses a loader by the file's bytes. This blocks all others, for metadata as well. */
export function allowLoadersOnly(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS.map((loader) => `VipsForeignLoad${loader}`) });
}

export function libraries(): Libraries {
  return { sharp: sharp.versions.sharp ?? 'unknown', libvips: sharp.versions.vips };
}

/** Why these libraries must not decode strangers' images; empty: they may. */
export async function libraryFlaws(): Promise<string[]> {
  const versions = sharp.versions as Record<string, string | undefined>;
  const old = Object.entries(OLDEST)
    .filter(([name, oldest]) => isOlder(versions[name] ?? '0', oldest))
    .map(([name, oldest]) => `${name} ${versions[name]} is older than ${oldest}`);
  const open = await Promise.all(
    Object.entries(MUST_BE_REFUSED).map(async ([name, sample]) => {
      const isRead = await sharp(Buffer.from(sample, 'latin1'))
        .metadata()
        .then(
          () => true,
          () => false,
        );
      return isRead ? [`${name} files would be read`] : [];
    }),
  );
  return [...old, ...open.flat()];
}

// The smallest files of formats that a libvips with more loaders would read, such as the system's or one with ImageMagick.
const MUST_BE_REFUSED: Record<string, string> = {
  SVG: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
  PPM: 'P6 1 1 255\n\0\0\0',
  BMP: `BM:\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0${'\0'.repeat(24)}\0\0\0\0`,
  HDR: '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x01\x01\x01\x80',
  PDF: '%PDF-1.1\n1 0 obj<</Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>',
};

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
