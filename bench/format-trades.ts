import type { Sharp } from 'sharp';
import type { Encoder } from './formats.ts';

/** Settings of sharp's encoders that Minilab does not use: what each would cost and save. */
export const TRADES: Record<'jpeg' | 'webp' | 'avif', Record<string, Encoder>> = {
  jpeg: {
    'jpeg 4:4:4': by((image, quality) => image.jpeg({ quality, chromaSubsampling: '4:4:4' })),
    'jpeg progressive': by((image, quality) => image.jpeg({ quality, progressive: true })),
    'jpeg standard Huffman tables': by((image, quality) => image.jpeg({ quality, optimiseCoding: false })),
    'jpeg trellis': by((image, quality) => image.jpeg({ quality, trellisQuantisation: true })),
    'jpeg table 3': by((image, quality) => image.jpeg({ quality, quantisationTable: 3 })),
    'jpeg standard Huffman tables, table 3': by((image, quality) =>
      image.jpeg({ quality, optimiseCoding: false, quantisationTable: 3 }),
    ),
    'jpeg progressive, table 3': by((image, quality) =>
      image.jpeg({ quality, progressive: true, quantisationTable: 3 }),
    ),
    'jpeg trellis, table 3': by((image, quality) =>
      image.jpeg({ quality, trellisQuantisation: true, quantisationTable: 3 }),
    ),
    'mozjpeg without scans': by((image, quality) =>
      image.jpeg({ quality, mozjpeg: true, optimiseScans: false, progressive: true }),
    ),
  },
  webp: {
    'webp effort 3': by((image, quality) => image.webp({ quality, effort: 3 })),
    'webp effort 5': by((image, quality) => image.webp({ quality, effort: 5 })),
    'webp effort 6': by((image, quality) => image.webp({ quality, effort: 6 })),
    'webp sharp chroma': by((image, quality) => image.webp({ quality, smartSubsample: true })),
    'webp deblocked': by((image, quality) => image.webp({ quality, smartDeblock: true })),
    'webp photo': by((image, quality) => image.webp({ quality, preset: 'photo' })),
  },
  avif: {
    'avif 4:2:0': by((image, quality) => image.avif({ quality, chromaSubsampling: '4:2:0' })),
    'avif tuned for psnr': by((image, quality) => image.avif({ quality, tune: 'psnr' })),
    'avif tuned for ssim': by((image, quality) => image.avif({ quality, tune: 'ssim' })),
    'avif tuned for iq': by((image, quality) => image.avif({ quality, tune: 'iq' })),
    'avif effort 3': by((image, quality) => image.avif({ quality, effort: 3 })),
    'avif effort 5': by((image, quality) => image.avif({ quality, effort: 5 })),
    'avif 4:2:0, effort 3': by((image, quality) =>
      image.avif({ quality, effort: 3, chromaSubsampling: '4:2:0' }),
    ),
    'avif 4:2:0, effort 5': by((image, quality) =>
      image.avif({ quality, effort: 5, chromaSubsampling: '4:2:0' }),
    ),
  },
};

function by(settings: (image: Sharp, quality: number) => Sharp): Encoder {
  return (picture, quality) => settings(picture(), quality).toBuffer();
}
