/**
 * A disposable child process: decodes images of strangers, one at a time, on one thread. It may be
 * killed at any moment, and holds nothing that anyone would miss: no secrets, no connection, and of
 * the disk only the paths that it is sent.
 *
 * Messages: in `Plan`, out `DecoderAnswer`; the first message out is a `DecoderGreeting`.
 */
import { existsSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { isComplete } from './complete.ts';
import { allowLoadersOnly, type Libraries, libraries, libraryFlaws } from './libraries.ts';
import { type Made, makeRenditions } from './make.ts';
import type { Plan } from './plan.ts';
import { ImageProblem, type ImageProblemCode } from './problems.ts';

export type DecoderAnswer =
  | ({ is: 'made' } & Made)
  | { is: 'failed'; code: ImageProblemCode; detail: string | undefined }
  /** the disk is full, or the like: nothing is wrong with the image */
  | { is: 'trouble'; detail: string };

/** Which libraries decode here, and why they may not be used, if so. */
export type DecoderGreeting = { libraries: Libraries; flaws: string[] };

// Ctrl-C reaches the whole process group; the parent finishes what is in work and closes the channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));

allowLoadersOnly();
process.on('message', (plan: Plan) => void answer(plan).then((answered) => process.send?.(answered)));
process.send?.({ libraries: libraries(), flaws: await libraryFlaws() } satisfies DecoderGreeting);

async function answer(plan: Plan): Promise<DecoderAnswer> {
  try {
    return { is: 'made', ...(await makeRenditions(plan)) };
  } catch (error) {
    return failureOf(plan, error as Error);
  }
}

async function failureOf({ input, format }: Plan, error: Error): Promise<DecoderAnswer> {
  if (error instanceof ImageProblem) return { is: 'failed', code: error.code, detail: error.detail };
  if (systemCode(error) !== undefined) return { is: 'trouble', detail: error.message };
  if (!existsSync(input)) return { is: 'trouble', detail: 'the folder for downloads is gone' };
  const code = (await isComplete(input, format)) ? 'corrupt_image' : 'truncated_image';
  return { is: 'failed', code, detail: error.message.split('\n')[0]?.slice(0, 200) };
}
