import type { Logger } from 'pino';
import type { ImageRequest, Outcome, Pipeline } from '../pipeline/pipeline.ts';
import { IMAGE_PROBLEMS, ImageProblem } from '../pipeline/problems.ts';
import { DecodersUnavailable } from '../pipeline/decoder-pool.ts';
import type { HostBusy } from '../pipeline/visit.ts';
import { StorageTrouble } from '../storage/storage.ts';
import { WorkerEnding } from '../queue/pump.ts';

/** What a worker needs to know of a claimed image. */
export type ImageWork = ImageRequest & {
  /** of the secret headers with which its host is asked, if there are any: another one is another source */
  headersFingerprint: string | null;
  batchId: string;
  /** in the batch, from 1 */
  slot: number;
  /** tries that did not succeed so far */
  tries: number;
  /** when the round of its batch began: a day later nothing is tried again */
  beganAt: Date;
  /** by the clock of the database, in microseconds: files that were removed later may be missing */
  claimedAt: string;
};

/** What is to be recorded of an image. */
export type ImageEnd = { work: ImageWork } & (
  | { is: 'completed'; made: Extract<Outcome, { is: 'made' | 'unchanged' }> }
  | { is: 'failed'; problem: ImageProblem }
  | { is: 'later'; problem: ImageProblem; inMs: number; costsTry: boolean }
  /** back to where it was, as if it had not been claimed; not before a time, where one is said */
  | { is: 'returned'; inMs?: number }
);

export type ImageTaskParts = {
  pipeline: Pipeline;
  log: Logger;
  /** Called when our own disk, storage or decoders fail, so that no more images are begun. */
  onTrouble(trouble: Error): void;
};

const FIRST_DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 300_000;
/** After this time in a round nothing is tried again. */
export const DEADLINE_MS = 24 * 3_600_000;

/** The handler of `process_image`: what a worker does for one image, and what follows from what happened. */
export function createImageTask(parts: ImageTaskParts) {
  return async (work: ImageWork, signal: AbortSignal): Promise<ImageEnd> => {
    try {
      const end = endOf(work, await parts.pipeline(work, signal));
      logEnd(parts.log, end);
      return end;
    } catch (error) {
      if (signal.aborted) {
        if (signal.reason instanceof WorkerEnding) return { work, is: 'returned' };
        throw signal.reason; // the lease is lost: another worker has the image now
      }
      if (error instanceof StorageTrouble || error instanceof DecodersUnavailable) {
        parts.onTrouble(error);
        return { work, is: 'returned' };
      }
      return endOf(work, {
        is: 'later',
        problem: new ImageProblem('internal_error', undefined, { cause: error }),
      });
    }
  };
}

/** One line an image, at the level `debug`. */
function logEnd(log: Logger, end: ImageEnd): void {
  const { batchId, slot, url, tries } = end.work;
  const code = 'problem' in end ? end.problem.code : undefined;
  log.debug({ batch: batchId, slot, url, tries, is: end.is, code }, 'image');
}

function endOf(work: ImageWork, outcome: Outcome): ImageEnd {
  switch (outcome.is) {
    case 'made':
    case 'unchanged':
      return { work, is: 'completed', made: outcome };
    case 'failed':
      return { work, is: 'failed', problem: outcome.problem };
    case 'waiting':
      return returnedOrNever(work, outcome.busy);
    case 'later':
      return laterOrNever(work, outcome.problem);
  }
}

function laterOrNever(work: ImageWork, problem: ImageProblem): ImageEnd {
  const costsTry = problem.holdHostMs === undefined;
  if (costsTry && work.tries + 1 >= IMAGE_PROBLEMS[problem.code].tries)
    return { work, is: 'failed', problem };
  if (isOverdue(work))
    return {
      work,
      is: 'failed',
      problem: new ImageProblem('deadline_exceeded', problem.code, { cause: problem }),
    };
  return { work, is: 'later', problem, costsTry, inMs: problem.holdHostMs ?? delayMs(work.tries) };
}

/** Waiting for a hold has an end; a host that has many images to serve may take longer. */
function returnedOrNever(work: ImageWork, busy: HostBusy): ImageEnd {
  if (busy.because === 'held' && isOverdue(work))
    return { work, is: 'failed', problem: new ImageProblem('deadline_exceeded', busy.message) };
  return { work, is: 'returned', inMs: busy.inMs };
}

function isOverdue(work: ImageWork): boolean {
  return Date.now() - work.beganAt.getTime() > DEADLINE_MS;
}

/** 2 s, doubling to 5 min, with ±50 % of jitter, so that images that failed together do not return together. */
function delayMs(tries: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** tries, LONGEST_DELAY_MS) * (0.5 + Math.random());
}
