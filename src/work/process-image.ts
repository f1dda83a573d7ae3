import type { Logger } from 'pino';
import type { ImageRequest, Measured, Outcome, Pipeline } from '../pipeline/pipeline.ts';
import { IMAGE_PROBLEMS } from '../pipeline/image-problems.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { DecodersUnavailable } from '../pipeline/decoder-children.ts';
import type { HostBusy } from '../pipeline/download/download-permit.ts';
import { StorageTrouble } from '../storage/storage.ts';
import { HandedBack } from '../queue/pump.ts';
import type { Finished } from '../queue/recorder.ts';

/** An image whose task a worker has claimed. */
export type ClaimedImage = ImageRequest & {
  /** of the secret headers that its host is requested with; null where there are none */
  headersFingerprint: string | null;
  batchId: string;
  slot: number;
  /** how many tries have failed so far */
  tries: number;
  /** how many processes were ended by their watchdog with this image in hand, in the present round */
  stalls: number;
  /** of the present round; by the clock of this machine, which may differ from the database's */
  deadlineAt: Date;
  /** by the clock of the database, in microseconds: see purge.ts */
  claimedAt: string;
};

/** What is to be recorded of an image. */
export type ImageResult = { image: ClaimedImage } & (
  | { is: 'completed'; made: Extract<Outcome, { is: 'made' | 'unchanged' }> }
  | { is: 'failed'; problem: ImageProblem; measured?: Measured | undefined }
  | { is: 'later'; problem: ImageProblem; inMs: number; costsTry: boolean }
  /** as if it had not been claimed, and not to be claimed again for `inMs` */
  | { is: 'returned'; inMs?: number }
);

export type FinishedImage = Finished<'process_image', ImageResult>;

export type ProcessingParts = {
  pipeline: Pipeline;
  log: Logger;
  /** Is called when our own disk, storage or decoders fail, so that claiming pauses. */
  onTrouble(trouble: Error): void;
};

const STALLS_TO_BE_ALONE = 2; // another image in hand may have caused one stall
const MAX_STALLS = 3; // the third happened while the image was alone in hand
const FIRST_DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 300_000;

/**
 * The handler of `process_image`: runs the pipeline, and decides what follows from its outcome.
 * @throws the reason of the signal when the lease is lost: nothing may be recorded then
 */
export async function processImage(
  image: ClaimedImage,
  { pipeline, log, onTrouble }: ProcessingParts,
  signal: AbortSignal,
): Promise<ImageResult> {
  if (image.stalls >= MAX_STALLS) return { image, is: 'failed', problem: stalled(image) };
  try {
    const result = resultOf(image, await pipeline(image, signal));
    log.debug(described(result), 'image');
    return result;
  } catch (error) {
    if (signal.aborted) {
      if (signal.reason instanceof HandedBack) return returned(image, signal.reason, log);
      throw signal.reason;
    }
    if (error instanceof StorageTrouble || error instanceof DecodersUnavailable) {
      onTrouble(error);
      return returned(image, error, log);
    }
    const problem = new ImageProblem('internal_error', undefined, { cause: error });
    const result = laterOrNever(image, problem);
    log.error({ ...described(result), err: error }, 'processing an image threw: a bug of Minilab');
    return result;
  }
}

/** Our own failure, or end, costs no try. */
function returned(image: ClaimedImage, { message }: Error, log: Logger): ImageResult {
  const result: ImageResult = { image, is: 'returned' };
  log.debug({ ...described(result), because: message }, 'image');
  return result;
}

/** Whether the image may have stalled processes, so that it is processed with no other in hand. */
export function isSuspect({ stalls }: ClaimedImage): boolean {
  return stalls >= STALLS_TO_BE_ALONE && stalls < MAX_STALLS;
}

function stalled({ stalls }: ClaimedImage): ImageProblem {
  return new ImageProblem(
    'worker_lost',
    `${stalls} processes stopped responding, each with this image in hand`,
  );
}

function described({ image, ...result }: ImageResult) {
  const { batchId, slot, url, tries } = image;
  const code = 'problem' in result ? result.problem.code : undefined;
  return { batch: batchId, slot, url, tries, is: result.is, code };
}

function resultOf(image: ClaimedImage, outcome: Outcome): ImageResult {
  switch (outcome.is) {
    case 'made':
    case 'unchanged':
      return { image, is: 'completed', made: outcome };
    case 'failed':
      return { image, is: 'failed', problem: outcome.problem, measured: outcome.measured };
    case 'waiting':
      return returnedOrNever(image, outcome.busy);
    case 'later':
      return laterOrNever(image, outcome.problem);
  }
}

/** Fails at once when the next try would fall behind the deadline. */
function laterOrNever(image: ClaimedImage, problem: ImageProblem): ImageResult {
  const { holdHostMs } = problem;
  const costsTry = holdHostMs === undefined;
  if (costsTry && image.tries + 1 >= IMAGE_PROBLEMS[problem.code].tries)
    return { image, is: 'failed', problem };
  const inMs = holdHostMs ?? backOffMs(image.tries);
  if (Date.now() + inMs > image.deadlineAt.getTime())
    return { image, is: 'failed', problem: deadlineExceeded(problem) };
  return { image, is: 'later', problem, costsTry, inMs };
}

function deadlineExceeded(last: ImageProblem): ImageProblem {
  const detail = [last.code, last.detail].filter(Boolean).join(': ');
  return new ImageProblem('deadline_exceeded', detail, { cause: last });
}

/** A hold that lasts beyond the deadline fails the image; a host that is merely busy may free up earlier. */
function returnedOrNever(image: ClaimedImage, busy: HostBusy): ImageResult {
  if (busy.because === 'held' && Date.now() + busy.inMs > image.deadlineAt.getTime())
    return { image, is: 'failed', problem: new ImageProblem('deadline_exceeded', busy.message) };
  return { image, is: 'returned', inMs: busy.inMs };
}

/**
 * Exponential back-off: 2 s, doubling up to 5 min. Jitter of ±50 % keeps images that failed together from
 * returning together.
 */
function backOffMs(tries: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** tries, LONGEST_DELAY_MS) * (0.5 + Math.random());
}
