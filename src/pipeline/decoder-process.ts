/** One disposable child process that decodes: its start, its limits, its end. Its program is decoder.ts. */
import { type ChildProcess, fork } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DecoderAnswer, DecoderGreeting, DecoderRequest } from './decoder/decoder.ts';
import type { Libraries } from './decoder/libraries.ts';
import { MAX_SIDE } from './limits.ts';
import { withDeadline } from './deadline.ts';
import { residentMemory } from './memory.ts';
import { ImageProblem } from './problems.ts';

const WATCH_AFTER_MS = 200; // most images are done by then, and nobody need look at their memory
const WATCH_EVERY_MS = 50;
const START_DEADLINE_MS = 20_000; // loading sharp takes 0.2 s; a loaded machine needs more
const NICENESS = 5; // answers and heartbeats of the parent come first
// The running file may be TypeScript, in the checkout, or JavaScript, in the package.
const PROGRAM = fileURLToPath(new URL(`./decoder/decoder${extname(import.meta.url)}`, import.meta.url));

export type DecoderProcess = {
  pid: number;
  libraries: Libraries;
  isAlive(): boolean;
  send(request: DecoderRequest): void;
  /**
   * The next answer. Where none comes within the limits the process is killed.
   * @throws ImageProblem `decode_timeout`, `decode_memory`, `decoder_crashed`; the signal's reason when aborted
   */
  answer(limits: AnswerLimits): Promise<DecoderAnswer>;
  kill(): void;
  ended: Promise<void>;
};

/** bytes: of memory, of the whole process */
type AnswerLimits = { ms: number; bytes: number; signal: AbortSignal };

/** @throws when it does not start, or its libraries may not be used */
export async function startDecoder(): Promise<DecoderProcess> {
  const child = fork(PROGRAM, [], {
    env: childEnvironment(),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const messages = messagesOf(child);
  let greeting: DecoderGreeting;
  try {
    greeting = (await messages.next(AbortSignal.timeout(START_DEADLINE_MS))) as DecoderGreeting;
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
  return {
    pid,
    libraries: greeting.libraries,
    isAlive: () => !killed && child.exitCode === null && child.signalCode === null && child.connected,
    send: (request) => void child.send(request, () => {}), // a child that is gone shows in its end
    kill,
    ended: messages.ended,
    async answer({ ms, bytes, signal }) {
      using deadline = withDeadline(
        signal,
        ms,
        () => new ImageProblem('decode_timeout', `${Math.round(ms / 100) / 10} s`),
      );
      using _ = watchMemory(pid, bytes, () =>
        deadline.abort(new ImageProblem('decode_memory', `more than ${Math.round(bytes / 1e6)} MB`)),
      );
      try {
        return (await messages.next(deadline.signal)) as DecoderAnswer;
      } catch (error) {
        kill(); // a codec cannot be interrupted otherwise, and may hang for ever
        await messages.ended; // until then it may write into the files, which the next image uses again
        signal.throwIfAborted();
        deadline.signal.throwIfAborted();
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
function watchMemory(pid: number, limit: number, onExceeded: () => void): Disposable {
  let timer = setTimeout(look, WATCH_AFTER_MS);
  function look(): void {
    void residentMemory(pid).then((bytes = 0) => {
      if (bytes > limit) onExceeded();
    });
    timer = setTimeout(look, WATCH_EVERY_MS);
  }
  return { [Symbol.dispose]: () => clearTimeout(timer) };
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

/** The messages of a child in their order; those that come while nobody waits are kept. */
function messagesOf(child: ChildProcess) {
  const arrived: unknown[] = [];
  let look = (): void => {};
  let hasEnded = false;
  let failure: Error | undefined;
  child.on('message', (message) => {
    arrived.push(message);
    look();
  });
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true;
      look();
      resolve();
    };
    child.once('exit', end);
    // A child that cannot be spawned (no file handle, no process, no program) has an error and no exit.
    child.on('error', (error) => {
      failure ??= error;
      if (child.pid === undefined) end();
    });
  });
  return {
    ended,
    /** Rejects when the child ends first, or with the signal's reason. */
    next(signal: AbortSignal): Promise<unknown> {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      look = () => {
        if (arrived.length > 0) resolve(arrived.shift());
        else if (signal.aborted) reject(signal.reason as Error);
        else if (hasEnded)
          reject(failure ?? new Error(`the decoder ended (${child.signalCode ?? child.exitCode})`));
        else return;
        look = () => {};
      };
      const onAbort = (): void => look();
      signal.addEventListener('abort', onAbort);
      look();
      return promise.finally(() => signal.removeEventListener('abort', onAbort));
    },
  };
}
