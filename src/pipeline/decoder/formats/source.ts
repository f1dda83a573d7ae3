/**
 * Reads pictures so that one that lacks pixels is refused, and one that has them all is made. The codecs judge the
 * coded data. This file mends what keeps them from the data, and checks what they ignore silently.
 */
import { readFileSync } from 'node:fs';
import type { SharpOptions } from 'sharp';
import { stillOfSequence } from './avif.ts';
import { closedGif, wholeFrames } from './gif.ts';
import { endedJpeg, endedMendedJpeg, lacksScans, mendedJpeg, onlyScan } from './jpeg.ts';
import type { Plan } from '../../decoder-protocol.ts';
import { mendedPng } from './png.ts';
import { freeMemory } from '../../../free-memory.ts';
import { ImageProblem } from '../../problems.ts';
import { isOfJpegs, lacksStrips, readTiff } from './tiff.ts';
import { unsupportedTiff } from './tiff-samples.ts';
import { mendedWebp } from './webp.ts';

type Source = Pick<Plan, 'input' | 'format'> & {
  /** whether to read all frames, not only the first */
  all?: boolean;
};

export type FailOn = NonNullable<SharpOptions['failOn']>;

/** Reads a file by its path, or a mended one from memory. */
export type Read<T> = (input: string | Buffer, failOn: FailOn) => Promise<T>;

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
      return await readTiffFile(input, read);
    case 'avif':
      return await readOrMend(input, read, stillOfSequence);
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
    const mended = mend(readFileSync(path));
    if (mended === undefined) throw error;
    return await read(mended, 'error');
  }
}

async function readGif<T>(path: string, frames: number, read: Read<T>): Promise<T> {
  const file = readFileSync(path);
  const whole = wholeFrames(file, frames);
  if (whole.isCut) throw new ImageProblem('truncated_image', 'pixels of a frame are missing');
  return await readOrMend(path, read, () => closedGif(file, whole));
}

const HEAD_BYTES = 2 ** 16;

async function readJpeg<T>(path: string, read: Read<T>): Promise<T> {
  const file = readFileSync(path);
  const data = onlyScan(file.subarray(0, HEAD_BYTES));
  const result = data === undefined ? await readScans(path, file, read) : await readScan(file, data, read);
  freeMemory(file);
  return result;
}

/** First checks for missing scans, which libjpeg ignores. */
async function readScans<T>(path: string, file: Buffer, read: Read<T>): Promise<T> {
  if (lacksScans(file)) throw new ImageProblem('truncated_image', 'scans are missing');
  return await judged(path, read, () => mendedJpeg(file));
}

/** First makes libjpeg notice data that end within the last rows. */
async function readScan<T>(file: Buffer, data: number, read: Read<T>): Promise<T> {
  const ended = endedJpeg(file, data);
  try {
    const result = await judged(ended, read, () => endedMendedJpeg(file));
    freeMemory(ended);
    return result;
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    // With an end marker libjpeg distinguishes wrong data from missing data.
    await judged(mendedJpeg(file), read);
    throw new ImageProblem('truncated_image', DATA_END_EARLY);
  }
}

async function readTiffFile<T>(path: string, read: Read<T>): Promise<T> {
  const directory = readTiff(path);
  const unsupported = directory && unsupportedTiff(directory);
  if (unsupported !== undefined) throw new ImageProblem('unsupported_format', unsupported);
  if (directory && lacksStrips(directory))
    throw new ImageProblem('truncated_image', 'parts of its picture are missing');
  return directory && isOfJpegs(directory)
    ? await judged(path, read, undefined, 0)
    : await read(path, 'error');
}

const DATA_END_EARLY = 'its data end before the picture does';

/**
 * Reads JPEG data with libjpeg's warnings as errors. libjpeg reports only the first one: if that one is harmless,
 * its cause is mended and the data are read again.
 */
async function judged<T>(
  input: string | Buffer,
  read: Read<T>,
  mend?: () => Buffer,
  extraneous = MAX_EXTRANEOUS,
): Promise<T> {
  try {
    return await read(input, 'warning');
  } catch (error) {
    const { message } = error as Error;
    const flaw = flawOf(message, mend ? undefined : extraneous);
    if (flaw) throw flaw;
    if (mend && message.includes('VipsJpeg')) return await judged(mend(), read);
    return await read(input, 'error');
  }
}

const MAX_EXTRANEOUS = 2; // bytes that a writer may leave after a scan; damaged data leave more

/**
 * The problem that a warning of libjpeg (jerror.h) means; undefined: it is harmless.
 * @param most extraneous bytes to ignore; undefined: any, because the data are not mended yet
 */
function flawOf(message: string, most: number | undefined): ImageProblem | undefined {
  const isAtEnd = most !== undefined && message.includes('premature end of JPEG');
  if (isAtEnd || message.includes('premature end of data segment'))
    return new ImageProblem('truncated_image', DATA_END_EARLY);
  const extraneous = Number(/(\d+) extraneous bytes before marker/.exec(message)?.[1] ?? 0);
  if (HARM.test(message) || extraneous > (most ?? Number.POSITIVE_INFINITY))
    return new ImageProblem('corrupt_image', 'its data are damaged');
  return undefined;
}

const HARM = /bad (Huffman|arithmetic) code|instead of RST/;
