/**
 * A pool of disposable child processes that decode images.
 *
 * A child is starting -> idle -> busy -> idle … -> ended. It ends when it crashes, or is killed at the
 * deadline, at its memory limit, or when its work is no longer wanted, and another one takes its place.
 * That costs one image. After some hundreds of images it is replaced too, so that nothing piles up in it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { deadlineMs, expectedMemory, memoryLimit } from './cost.ts';
import type { DecoderAnswer, DecoderGreeting } from './decoder.ts';
import type { Libraries } from './libraries.ts';
import type { Made } from './make.ts';
import { createMemoryBudget, defaultBudget, residentMemory } from './memory.ts';
import { MAX_SIDE } from './probe.ts';
import type { Plan } from './plan.ts';
import { ImageProblem } from './problems.ts';

export type DecoderPool = {
  /**
   * Makes the files of a plan in a child. Plans wait for a free child in the order in which they come.
   * @returns with what made them too
   * @throws ImageProblem; DecodersUnavailable; the signal's reason when aborted
   */
  make(plan: Plan, signal: AbortSignal): Promise<Made & { libraries: Libraries }>;
  /** Whether children can be started at all. */
  probe(): Promise<void>;
  /** The process ids of the children, for those who watch over them. */
  pids(): number[];
  stop(): Promise<void>;
};

/** No child can be started, or its libraries may not be used: our own trouble, and no image's result. */
export class DecodersUnavailable extends Error {
  override readonly name = 'DecodersUnavailable';
}

const DECODE_DEADLINE_MS = 15_000;
const MAX_IMAGES_OF_A_CHILD = 500; // a start costs 0.3 s, 1 % of the time of 500 photographs
const WATCH_AFTER_MS = 200; // most images are done by then, and nobody need look at their memory
const WATCH_EVERY_MS = 50;
const START_DEADLINE_MS = 20_000; // loading sharp takes 0.2 s; a loaded machine needs more
const NICENESS = 5; // answers and heartbeats of the parent come first
// The running file may be TypeScript, in the checkout, or JavaScript, in the package.
const PROGRAM = fileURLToPath(new URL(`./decoder${extname(import.meta.url)}`, import.meta.url));

export type DecoderLimits = {
  /** for decoding; encoding has its own share, see cost.ts */
  decodingMs: number;
  /** bytes that all children together may be expected to take */
  memoryBudget: number;
  imagesOfAChild: number;
};

/** @param size how many children; each is busy on one core */
export function createDecoderPool(size: number, limits: Partial<DecoderLimits> = {}): DecoderPool {
  const { decodingMs = DECODE_DEADLINE_MS, imagesOfAChild = MAX_IMAGES_OF_A_CHILD } = limits;
  const budget = createMemoryBudget(limits.memoryBudget ?? defaultBudget());
  const children = new Set<Promise<Child>>();
  const idle: Child[] = [];
  const places = pLimit(size);
  let stopped = false;

  async function take(): Promise<Child> {
    for (let child = idle.pop(); child; child = idle.pop()) if (child.isAlive()) return child;
    if (stopped) throw new DecodersUnavailable('the decoders were stopped');
    const starting = startChild();
    children.add(starting);
    const child = await starting.catch((error: Error) => {
      children.delete(starting);
      throw new DecodersUnavailable(`no decoder process can be started: ${error.message}`, { cause: error });
    });
    void child.ended.then(() => children.delete(starting));
    return child;
  }

  function giveBack(child: Child): void {
    if (child.isAlive() && child.asked() < imagesOfAChild && !stopped) idle.push(child);
    else child.kill();
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

  // The first images should not wait for the start. If it fails, `make` tries again and says why.
  for (let i = 0; i < size; i += 1) places(() => withChild(async () => {})).catch(() => {});

  return {
    make: (plan, signal) =>
      places(async () => {
        const memory = expectedMemory(plan);
        await budget.enter(memory);
        try {
          signal.throwIfAborted();
          return await withChild(async (child) => ({
            ...madeOf(await child.ask(plan, { ms: deadlineMs(plan, decodingMs), signal })),
            libraries: child.libraries,
          }));
        } finally {
          budget.leave(memory);
        }
      }),
    probe: () => places(() => withChild(async () => {})),
    pids: () => idle.map((child) => child.pid),
    async stop() {
      stopped = true;
      for (const starting of children) {
        const child = await starting.catch(() => undefined);
        child?.kill();
        await child?.ended;
      }
    },
  };
}

/** @throws ImageProblem, DecodersUnavailable */
function madeOf(answer: DecoderAnswer): Made {
  if (answer.is === 'made') return answer;
  if (answer.is === 'trouble')
    throw new DecodersUnavailable(`a decoder cannot write its files: ${answer.detail}`);
  throw new ImageProblem(answer.code, answer.detail);
}

type Child = {
  pid: number;
  libraries: Libraries;
  isAlive(): boolean;
  /** how often it was asked */
  asked(): number;
  ask(plan: Plan, limits: { ms: number; signal: AbortSignal }): Promise<DecoderAnswer>;
  kill(): void;
  ended: Promise<void>;
};

async function startChild(): Promise<Child> {
  const child = fork(PROGRAM, [], {
    env: childEnvironment(),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let greeting: DecoderGreeting;
  try {
    greeting = (await nextMessage(child, ended, AbortSignal.timeout(START_DEADLINE_MS))) as DecoderGreeting;
    if (greeting.flaws.length > 0)
      throw new Error(`its libraries are not safe: ${greeting.flaws.join('; ')}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const pid = child.pid ?? 0;
  let killed = false; // a killed child looks alive until its end is reported
  const kill = (): void => {
    killed = true;
    child.kill('SIGKILL');
  };
  lowerPriority(pid);
  let asked = 0;
  return {
    pid,
    libraries: greeting.libraries,
    isAlive: () => !killed && child.exitCode === null && child.signalCode === null && child.connected,
    kill,
    ended,
    asked: () => asked,
    async ask(plan, { ms, signal }) {
      asked += 1;
      const deadline = AbortSignal.timeout(ms);
      const limit = memoryLimit(plan);
      using memory = watchMemory(pid, limit);
      try {
        child.send(plan, () => {}); // a child that is gone shows in its end
        const stop = AbortSignal.any([signal, deadline, memory.exceeded]);
        return (await nextMessage(child, ended, stop)) as DecoderAnswer;
      } catch (error) {
        kill(); // a codec cannot be interrupted otherwise, and may hang for ever
        await ended; // until then it may write into the files, which the next image uses again
        signal.throwIfAborted();
        if (memory.exceeded.aborted)
          throw new ImageProblem('decode_memory', `more than ${Math.round(limit / 1e6)} MB`);
        if (deadline.aborted) throw new ImageProblem('decode_timeout', `${Math.round(ms / 100) / 10} s`);
        throw new ImageProblem('decoder_crashed', child.signalCode ?? undefined, { cause: error });
      }
    },
  };
}

/** Below our own priority, whatever that is: only root may raise one, and some sandboxes let nobody change any. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, Math.min(getPriority() + NICENESS, constants.priority.PRIORITY_LOW));
  } catch {
    // it decodes all the same
  }
}

/** Looks at the memory of a process that has been at work for a while. */
function watchMemory(pid: number, limit: number): { exceeded: AbortSignal } & Disposable {
  const abort = new AbortController();
  let timer = setTimeout(look, WATCH_AFTER_MS);
  function look(): void {
    void residentMemory(pid).then((bytes = 0) => {
      if (bytes > limit) abort.abort();
    });
    timer = setTimeout(look, WATCH_EVERY_MS);
  }
  return { exceeded: abort.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

const KEPT_BYTES = 2 ** 28;

/** Nothing of our environment, which holds secrets; the limits of libvips are set before sharp loads. */
function childEnvironment(): NodeJS.ProcessEnv {
  return {
    VIPS_MAX_COORD: String(MAX_SIDE),
    VIPS_BLOCK_UNTRUSTED: '1',
    VIPS_CONCURRENCY: '1',
    UV_THREADPOOL_SIZE: '2',
    // glibc gives pictures back to the system and gets them again, page by page: 3 % of the CPU.
    MALLOC_MMAP_THRESHOLD_: String(KEPT_BYTES),
    MALLOC_TRIM_THRESHOLD_: String(KEPT_BYTES),
  };
}

/** The next message of the child; rejects when the child ends first or the signal aborts. */
function nextMessage(child: ChildProcess, ended: Promise<void>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => finish(() => reject(signal.reason as Error));
    const onMessage = (message: unknown): void => finish(() => resolve(message));
    const finish = (settle: () => void): void => {
      child.off('message', onMessage);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    child.on('message', onMessage);
    signal.addEventListener('abort', onAbort);
    void ended.then(() =>
      finish(() => reject(new Error(`the decoder ended (${child.signalCode ?? child.exitCode})`))),
    );
    if (signal.aborted) onAbort();
  });
}
