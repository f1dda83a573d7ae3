import type { FileFacts } from '../channels/facts.ts';
import type { DecoderPool } from '../pipeline/decoder-pool.ts';
import type { Made } from '../pipeline/decoder-protocol.ts';
import { ImageProblem } from '../pipeline/problems.ts';

/** The image as the decoder sees it; undefined if it cannot be decoded. */
export async function measure(
  { path: input, bytes }: { path: string; bytes: number },
  decoders: DecoderPool,
  signal: AbortSignal,
): Promise<Made | undefined> {
  const made = await decoders.make({ input, bytes, describe: true, renditions: [] }, signal).catch(problemOf);
  return made instanceof ImageProblem ? undefined : made;
}

type Size = { format: string; width: number; height: number; bytes: number };

/** Width and height are upright where it could be decoded. */
export function fileFacts(size: Size, made: Made | undefined): FileFacts {
  const { format, bytes } = size;
  const { width, height } = made?.content ?? size;
  return { format, bytes, width, height, isUpright: made !== undefined, measures: made?.content.measures };
}

/** @throws errors that are no ImageProblem */
export function problemOf(error: unknown): ImageProblem {
  if (error instanceof ImageProblem) return error;
  throw error;
}
