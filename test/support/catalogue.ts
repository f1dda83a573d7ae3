import sharp, { type Sharp } from 'sharp';

export type Cut = {
  width: number;
  height: number;
  background?: string;
  /** how much of the longer relation the object fills */
  fill?: number;
  format?: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff';
  quality?: number;
};

/** A red box in the middle of a plain background. */
export function cutOut({
  width,
  height,
  background = '#ffffff',
  fill = 0.86,
  format,
  quality,
}: Cut): Promise<Buffer> {
  const [across, down] = [width, height].map((side) => Math.round(side * fill)) as [number, number];
  const box = {
    create: { width: Math.max(1, across), height: Math.max(1, down), channels: 3, background: '#c02020' },
  } as const;
  const left = Math.floor((width - across) / 2);
  const top = Math.floor((height - down) / 2);
  const picture = sharp({ create: { width, height, channels: 3, background } }).composite([
    { input: box, left, top },
  ]);
  return encoded(picture, format ?? 'jpeg', quality);
}

function encoded(picture: Sharp, format: Cut['format'] & string, quality = 95): Promise<Buffer> {
  return format === 'jpeg' ? picture.jpeg({ quality }).toBuffer() : picture.toFormat(format).toBuffer();
}

/** The same picture in a file of so many bytes: a JPEG may have anything behind its end. */
export function ofBytes(jpeg: Buffer, bytes: number): Buffer {
  return Buffer.concat([jpeg, Buffer.alloc(bytes - jpeg.length, 0x20)]);
}
