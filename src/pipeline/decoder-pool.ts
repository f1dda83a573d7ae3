/**
 * A pool of disposable child processes that read and decode images.
 *
 * A child is starting -> idle -> busy -> idle … -> ended. It ends when it crashes, or is killed at the
 * deadline, at its memory limit, or when its work is no longer wanted, and another one takes its place.
 * That costs one image. After some hundreds of images it is replaced too, so that nothing piles up in it.
 */
import pLimit from 'p-limit';
import { deadlineMs, expectedMemory, IDLE_CHILD, memoryLimit } from './cost.ts';
import { type DecoderProcess, startDecoder } from './decoder-process.ts';
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
   * Makes the files of a job in a child. Jobs wait for a free child in the order in which they come.
   * @returns with what the header says, and what made the files
   * @throws ImageProblem; DecodersUnavailable; the signal's reason when aborted
   */
  make(job: DecoderJob, signal: AbortSignal): Promise<Made & { facts: Facts; libraries: Libraries }>;
  /** Reads a header in a child. @throws as `make` */
  readHeader(file: FileOrHead, signal: AbortSignal): Promise<Facts>;
  /** Starts every child now, so that the first images need not wait. If it fails, `make` tries again and says why. */
  warm(): void;
  /** Whether children can be started at all. */
  probe(): Promise<void>;
  /** The process ids of the children that are idle, for those who watch over them. */
  pids(): number[];
  stop(): Promise<void>;
};

/** No child can be started, or its libraries may not be used: our own trouble, and no image's result. */
export class DecodersUnavailable extends Error {
  override readonly name = 'DecodersUnavailable';
}

const DECODE_DEADLINE_MS = 15_000;
const MAX_IMAGES_OF_A_CHILD = 500; // a start costs 0.3 s, 1 % of the time of 500 photographs

export type DecoderLimits = {
  /** for decoding, and for reading the header; encoding has its own share, see cost.ts */
  decodingMs: number;
  /** bytes that all children together may be expected to take */
  memoryBudget: number;
  /** bytes that a child may have before it is killed */
  memoryLimit(plan: Plan): number;
  imagesOfAChild: number;
};

type Child = { process: DecoderProcess; images: number };

/** @param size how many children; each is busy on one core */
export function createDecoderPool(size: number, limits: Partial<DecoderLimits> = {}): DecoderPool {
  const { decodingMs = DECODE_DEADLINE_MS, imagesOfAChild = MAX_IMAGES_OF_A_CHILD } = limits;
  const { memoryBudget = defaultBudget(), memoryLimit: limitOf = memoryLimit } = limits;
  const budget = createMemoryBudget(memoryBudget);
  const share = memoryBudget / size; // within it a child need not ask
  const started = new Set<Promise<DecoderProcess>>();
  const idle: Child[] = [];
  const places = pLimit(size);
  let stopped = false;

  async function take(): Promise<Child> {
    for (let child = idle.pop(); child; child = idle.pop()) if (child.process.isAlive()) return child;
    if (stopped) throw new DecodersUnavailable('the decoders were stopped');
    const starting = startDecoder();
    started.add(starting);
    const process = await starting.catch((error: Error) => {
      started.delete(starting);
      throw new DecodersUnavailable(`no decoder process can be started: ${error.message}`, { cause: error });
    });
    void process.ended.then(() => started.delete(starting));
    return { process, images: 0 };
  }

  function giveBack(child: Child): void {
    if (child.process.isAlive() && child.images < imagesOfAChild && !stopped) idle.push(child);
    else child.process.kill();
  }

  /** Runs `work` with a child of its own. */
  async function withChild<T>(work: (child: Child) => Promise<T>): Promise<T> {
    const child = await take();
    try {
      return await work(child);
    } finally {
      giveBack(child);
    }
  }

  /** Reading a header takes no memory to speak of. */
  const whileReading = (signal: AbortSignal) => ({ ms: decodingMs, bytes: IDLE_CHILD, signal });

  async function make(job: DecoderJob, signal: AbortSignal) {
    let held = share;
    await budget.enter(held);
    try {
      signal.throwIfAborted();
      return await withChild(async (child) => {
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

  return {
    make: (job, signal) => places(() => make(job, signal)),
    readHeader: (file, signal) =>
      places(() =>
        withChild(async ({ process }) => {
          process.send({ is: 'read_header', file });
          return expected('facts', await process.answer(whileReading(signal))).facts;
        }),
      ),
    warm() {
      for (let i = 0; i < size; i += 1) places(() => withChild(async () => {})).catch(() => {});
    },
    probe: () => places(() => withChild(async () => {})),
    pids: () => idle.map((child) => child.process.pid),
    async stop() {
      stopped = true;
      for (const starting of started) {
        const process = await starting.catch(() => undefined);
        process?.kill();
        await process?.ended;
      }
    },
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
  throw new Error(`a decoder answers ${answer.is} where ${is} is due`);
}
