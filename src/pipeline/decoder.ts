/**
 * A disposable child process: decodes images of strangers, one at a time, on one thread. It may be
 * killed at any moment, and holds nothing that anyone would miss: no secrets, no connection, and of
 * the disk only the paths that it is sent.
 *
 * Messages: in `Plan`, out `DecoderAnswer`; the first message out is 'ready'.
 */
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { isComplete } from './complete.ts';
import type { Plan, PlannedRendition } from './plan.ts';
import { MAX_PIXELS } from './probe.ts';

/** A rendition that lies in a file, and is on the disk (fsync). sha256 in hexadecimal. */
export type MadeFile = { name: string; width: number; height: number; bytes: number; sha256: string };

export type DecoderAnswer =
  | { is: 'made'; files: MadeFile[] }
  | { is: 'failed'; code: 'truncated_image' | 'corrupt_image'; detail: string }
  /** the disk is full, or the like: nothing is wrong with the image */
  | { is: 'trouble'; detail: string };

sharp.concurrency(1);
sharp.cache(false);
allowLoadersOnly(['JpegFile', 'PngFile', 'WebpFile', 'NsgifFile', 'TiffFile', 'HeifFile']);

// Ctrl-C reaches the whole process group; the parent finishes what is in work and closes the channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (plan: Plan) => void make(plan).then((answer) => process.send?.(answer)));
process.send?.('ready');

async function make(plan: Plan): Promise<DecoderAnswer> {
  const files: MadeFile[] = [];
  for (const rendition of plan.renditions) {
    const encoded = await encode(plan, rendition).catch((error: Error) => failureOf(plan, error));
    if ('is' in encoded) return encoded;
    try {
      writeFileSync(rendition.output, encoded.data, { flush: true }); // nothing else waits for this thread
    } catch (error) {
      return { is: 'trouble', detail: (error as Error).message };
    }
    const { width, height } = encoded.info;
    const sha256 = createHash('sha256').update(encoded.data).digest('hex');
    files.push({ name: rendition.name, width, height, bytes: encoded.data.length, sha256 });
  }
  return { is: 'made', files };
}

/** Orients, shrinks while loading, converts to sRGB, flattens, and drops all metadata, which is sharp's default. */
async function encode(plan: Plan, rendition: PlannedRendition) {
  return sharp(plan.input, { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true })
    .autoOrient()
    .resize({ width: rendition.width, height: rendition.height, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: rendition.background })
    .toColourspace('srgb')
    .jpeg({ quality: rendition.quality })
    .toBuffer({ resolveWithObject: true });
}

async function failureOf({ input, format }: Plan, error: Error): Promise<DecoderAnswer> {
  if (!existsSync(input)) return { is: 'trouble', detail: 'the folder for downloads is gone' };
  const code = (await isComplete(input, format)) ? 'corrupt_image' : 'truncated_image';
  return { is: 'failed', code, detail: error.message.split('\n')[0]?.slice(0, 200) ?? '' };
}

/** libvips takes its loader from the bytes: all but these are switched off, for metadata too. */
function allowLoadersOnly(loaders: string[]): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders.map((loader) => `VipsForeignLoad${loader}`) });
}
