/**
 * A pool of disposable child processes that read and decode images.
 *
 * A child is starting -> idle -> busy -> idle ... -> ended. It ends when it crashes, or when the pool kills
 * it: at the deadline, at its memory limit, or when its result is no longer wanted. Another child replaces
 * it, and only the image in hand is lost. After some hundreds of images a child is replaced as well, so that
 * nothing accumulates in it.
 */
import pLimit from 'p-limit';
import { deadlineMs, expectedMemory, IDLE_CHILD, memoryLimit } from './cost.ts';
import { DecoderChildren, DecodersUnavailable } from './decoder-children.ts';
import type {
  DecoderAnswer,
  DecoderJob,
  Facts,
  FileOrHead,
  Libraries,
  Made,
  Plan,
} from './decoder-protocol.ts';
import { createMemoryBudget, defaultBudget } from './memory.ts';
import { ImageProblem } from './problems.ts';

export type DecoderPool = {
  /**
   * Makes the files of a job in a child. Jobs wait for a free child, first come first served.
   * @returns also the facts of the source, and the libraries that made the files
   * @throws ImageProblem; DecodersUnavailable; the signal's reason when aborted
   */
  make(job: DecoderJob, signal: AbortSignal): Promise<Made & { facts: Facts; libraries: Libraries }>;
  /** Reads a header in a child. @throws as `make` */
  readHeader(file: FileOrHead, signal: AbortSignal): Promise<Facts>;
  /**
   * Starts every child now, so that the first images need not wait: one, and when it is ready the others, or all would
   * be ready late. It never fails: `make` tries again and throws.
   */
  warm(): void;
  /** Health check: whether children can be started. @throws DecodersUnavailable */
  probe(): Promise<void>;
  /** The process ids of the idle children, for monitoring. */
  pids(): number[];
  stop(): Promise<void>;
};

const DECODE_DEADLINE_MS = 15_000;
const MAX_IMAGES_PER_CHILD = 500; // a start takes 0.3 s: 1 % of the time of 500 photographs

export type DecoderPoolOptions = {
  /** for reading the header and decoding; cost.ts adds time for encoding */
  decodingMs?: number;
  /** bytes that all children together may be expected to need */
  memoryBudget?: number;
  /** bytes at which a child is killed */
  memoryLimit?(plan: Plan): number;
  imagesPerChild?: number;
  /** Called when a child ended while it had an image. The error says how, with its last line of stderr. */
  onCrash?(error: Error): void;
};

/** @param size number of children; each keeps one core busy */
export function createDecoderPool(size: number, options: DecoderPoolOptions = {}): DecoderPool {
  const { decodingMs = DECODE_DEADLINE_MS, imagesPerChild = MAX_IMAGES_PER_CHILD } = options;
  const { memoryBudget = defaultBudget(), memoryLimit: limitOf = memoryLimit, onCrash } = options;
  const budget = createMemoryBudget(memoryBudget);
  const share = memoryBudget / size; // a child that needs no more than this does not ask
  const children = new DecoderChildren(imagesPerChild);
  const limit = pLimit(size);

  /** Runs `work` when a child is due, and reports a crash. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
    limit(work).catch((error: unknown) => {
      if (error instanceof ImageProblem && error.code === 'decoder_crashed') onCrash?.(error.cause as Error);
      throw error;
    });

  /** Reading a header takes hardly any memory. */
  const whileReading = (signal: AbortSignal) => ({ ms: decodingMs, bytes: IDLE_CHILD, signal });

  async function make(job: DecoderJob, signal: AbortSignal) {
    let held = share;
    await budget.enter(held);
    try {
      signal.throwIfAborted();
      return await children.use(async (child) => {
        child.images += 1;
        const { process } = child;
        process.send({ is: 'make', job, allowedBytes: share });
        const { facts } = expected('facts', await process.answer(whileReading(signal)));
        const plan = { ...job, ...facts };
        const needed = expectedMemory(plan);
        if (needed > share) {
          budget.leave(held);
          held = needed;
          await budget.enter(held);
          process.send({ is: 'go' });
        }
        const whileMaking = { ms: deadlineMs(plan, decodingMs), bytes: limitOf(plan), signal };
        const made = expected('made', await process.answer(whileMaking));
        return { ...made, facts, libraries: process.libraries };
      });
    } finally {
      budget.leave(held);
    }
  }

  const start = (): Promise<void> => limit(() => children.use(async () => {}));

  return {
    make: (job, signal) => inTurn(() => make(job, signal)),
    readHeader: (file, signal) =>
      inTurn(() =>
        children.use(async ({ process }) => {
          process.send({ is: 'read_header', file });
          return expected('facts', await process.answer(whileReading(signal))).facts;
        }),
      ),
    warm() {
      void start()
        .then(() => Promise.all(Array.from({ length: size }, start)))
        .catch(() => {});
    },
    probe: start,
    pids: () => children.idlePids(),
    stop: () => children.stop(),
  };
}

/** @throws ImageProblem, DecodersUnavailable */
function expected<K extends DecoderAnswer['is']>(
  is: K,
  answer: DecoderAnswer,
): Extract<DecoderAnswer, { is: K }> {
  if (answer.is === is) return answer as Extract<DecoderAnswer, { is: K }>;
  if (answer.is === 'failed') throw new ImageProblem(answer.code, answer.detail);
  if (answer.is === 'trouble')
    throw new DecodersUnavailable(`a decoder cannot read or write its files: ${answer.detail}`);
  throw new Error(`a decoder answered ${answer.is} instead of ${is}`);
}
