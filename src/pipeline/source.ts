/**
 * Reading a picture so that none passes that lacks pixels, and none is lost that has them all. The codecs
 * judge by the data; what keeps them from it, or what they pass over in silence, is looked after here.
 */
import { open, readFile } from 'node:fs/promises';
import type { SharpOptions } from 'sharp';
import { closedGif, wholeFrames } from './gif.ts';
import { hasManyScans, isFilled, lacksScans, mendedJpeg } from './jpeg.ts';
import type { Plan } from './plan.ts';
import { mendedPng } from './png.ts';
import { ImageProblem } from './problems.ts';
import { isOfJpegs, lacksStrips, readDirectory, unsupportedTiff } from './tiff.ts';
import { mendedWebp } from './webp.ts';

type Source = Pick<Plan, 'input' | 'format'> & {
  /** whether all frames are read, and not only the first one */
  all?: boolean;
};

/** Reads a file, or what was mended of it. */
export type Read<T> = (input: string | Buffer, failOn: NonNullable<SharpOptions['failOn']>) => Promise<T>;

/** @throws ImageProblem `truncated_image`, `corrupt_image`, `unsupported_format`; what `read` throws */
export async function readWhole<T>({ input, format, all = false }: Source, read: Read<T>): Promise<T> {
  switch (format) {
    case 'jpeg':
      return await readJpeg(input, read);
    case 'gif':
      return await readGif(input, all ? Number.POSITIVE_INFINITY : 1, read);
    case 'png':
      return await readOrMend(input, read, mendedPng);
    case 'webp':
      return await readOrMend(input, read, mendedWebp);
    case 'tiff':
      return await readTiff(input, read);
    case 'avif':
      return await read(input, 'error');
  }
}

async function readOrMend<T>(
  path: string,
  read: Read<T>,
  mend: (file: Buffer) => Buffer | undefined,
): Promise<T> {
  try {
    return await read(path, 'error');
  } catch (error) {
    const mended = mend(await readFile(path));
    if (mended === undefined) throw error;
    return await read(mended, 'error');
  }
}

async function readGif<T>(path: string, frames: number, read: Read<T>): Promise<T> {
  const file = await readFile(path);
  const whole = wholeFrames(file, frames);
  if (whole.isCut) throw new ImageProblem('truncated_image', 'pixels of a frame are missing');
  return await readOrMend(path, read, () => closedGif(file, whole));
}

const HEAD_BYTES = 2 ** 16;
const TAIL_BYTES = 64;

/** libjpeg passes over missing scans, and takes what a file was filled up with for data. */
async function readJpeg<T>(path: string, read: Read<T>): Promise<T> {
  const { head, tail } = await endsOf(path);
  const isOdd = isFilled(tail);
  const file = isOdd || hasManyScans(head) ? await readFile(path) : undefined;
  if (file && lacksScans(file)) throw new ImageProblem('truncated_image', 'scans are missing');
  return await judged(isOdd && file ? mendedJpeg(file) : path, read, async () =>
    mendedJpeg(file ?? (await readFile(path))),
  );
}

async function endsOf(path: string): Promise<{ head: Buffer; tail: Buffer }> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const part = async (at: number, length: number): Promise<Buffer> => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  };
  return { head: await part(0, HEAD_BYTES), tail: await part(Math.max(0, size - TAIL_BYTES), TAIL_BYTES) };
}

async function readTiff<T>(path: string, read: Read<T>): Promise<T> {
  const directory = await readDirectory(path);
  const unsupported = directory && unsupportedTiff(directory);
  if (unsupported !== undefined) throw new ImageProblem('unsupported_format', unsupported);
  if (directory && lacksStrips(directory))
    throw new ImageProblem('truncated_image', 'parts of its picture are missing');
  return directory && isOfJpegs(directory) ? await judged(path, read) : await read(path, 'error');
}

/**
 * Reads JPEG data with libjpeg's warnings. It tells the first one only: when that one does no harm, what
 * caused it is mended, and the data are read again.
 */
async function judged<T>(input: string | Buffer, read: Read<T>, mend?: () => Promise<Buffer>): Promise<T> {
  try {
    return await read(input, 'warning');
  } catch (error) {
    const { message } = error as Error;
    const flaw = flawOf(message);
    if (flaw) throw flaw;
    if (mend && message.includes('VipsJpeg')) return await judged(await mend(), read);
    return await read(input, 'error');
  }
}

const MAX_EXTRANEOUS = 1_000; // bytes: some writers pad their scans, more are left by damaged data

/** What harms the picture among libjpeg's warnings (jerror.h), between scans too. */
function flawOf(message: string): ImageProblem | undefined {
  if (message.includes('premature end of data segment'))
    return new ImageProblem('truncated_image', 'its data end before the picture does');
  const extraneous = Number(/(\d+) extraneous bytes before marker 0x(?:d9|da|c4)/.exec(message)?.[1] ?? 0);
  if (/bad (Huffman|arithmetic) code|instead of RST/.test(message) || extraneous > MAX_EXTRANEOUS)
    return new ImageProblem('corrupt_image', 'its data are damaged');
  return undefined;
}
