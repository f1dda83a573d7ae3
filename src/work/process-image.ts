import type { Logger } from 'pino';
import type { ImageRequest, Outcome, Pipeline } from '../pipeline/pipeline.ts';
import { IMAGE_PROBLEMS, ImageProblem } from '../pipeline/problems.ts';
import { DecodersUnavailable } from '../pipeline/decoder-children.ts';
import type { HostBusy } from '../pipeline/download/download-permit.ts';
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
  /** how many processes stood still with it in hand, and were ended, in the present round */
  stalls: number;
  /** of the present round: later it is not tried again */
  /** by the clock of this machine, which may differ from the database's */
  deadlineAt: Date;
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

const STALLS_TO_BE_ALONE = 2; // one may be a neighbour's doing
const MOST_STALLS = 3; // the third one happened alone
const FIRST_DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 300_000;

/** The handler of `process_image`: what a worker does for one image, and what follows from what happened. */
export function createImageTask(parts: ImageTaskParts) {
  return async (work: ImageWork, signal: AbortSignal): Promise<ImageEnd> => {
    if (work.stalls >= MOST_STALLS) return { work, is: 'failed', problem: stoodStill(work) };
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
      const { batchId: batch, slot, url } = work;
      parts.log.error({ err: error, batch, slot, url }, 'an image met an error of ours');
      return endOf(work, {
        is: 'later',
        problem: new ImageProblem('internal_error', undefined, { cause: error }),
      });
    }
  };
}

/** Whether the image may have brought processes to a standstill, so that it is done with no other beside it. */
export function isSuspect({ stalls }: ImageWork): boolean {
  return stalls >= STALLS_TO_BE_ALONE && stalls < MOST_STALLS;
}

function stoodStill({ stalls }: ImageWork): ImageProblem {
  return new ImageProblem(
    'worker_lost',
    `${stalls} of them stood still, and this image was in hand each time`,
  );
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

/** A try that would come after the deadline is given up now: waiting for the deadline would change nothing. */
function laterOrNever(work: ImageWork, problem: ImageProblem): ImageEnd {
  const { holdHostMs } = problem;
  const costsTry = holdHostMs === undefined;
  if (costsTry && work.tries + 1 >= IMAGE_PROBLEMS[problem.code].tries)
    return { work, is: 'failed', problem };
  const inMs = holdHostMs ?? delayMs(work.tries);
  if (Date.now() + inMs > work.deadlineAt.getTime())
    return { work, is: 'failed', problem: deadlineExceeded(problem) };
  return { work, is: 'later', problem, costsTry, inMs };
}

function deadlineExceeded(last: ImageProblem): ImageProblem {
  const detail = [last.code, last.detail].filter(Boolean).join(': ');
  return new ImageProblem('deadline_exceeded', detail, { cause: last });
}

/** Waiting for a hold has an end; a host that has many images to serve may take longer. */
function returnedOrNever(work: ImageWork, busy: HostBusy): ImageEnd {
  if (busy.because === 'held' && Date.now() + busy.inMs > work.deadlineAt.getTime())
    return { work, is: 'failed', problem: new ImageProblem('deadline_exceeded', busy.message) };
  return { work, is: 'returned', inMs: busy.inMs };
}

/** 2 s, doubling to 5 min, with ±50 % of jitter, so that images that failed together do not return together. */
function delayMs(tries: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** tries, LONGEST_DELAY_MS) * (0.5 + Math.random());
}
