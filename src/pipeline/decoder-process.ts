/** One disposable child process that decodes: its start, its limits, its end. It runs decoder/decoder.ts. */
import { fork } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../deadline.ts';
import type { DecoderAnswer, DecoderGreeting, DecoderRequest, Libraries } from './decoder-protocol.ts';
import { MAX_SIDE } from './limits.ts';
import { Mailbox } from './mailbox.ts';
import { watchMemory } from './memory.ts';
import { ImageProblem } from './problems.ts';

const START_DEADLINE_MS = 20_000; // loading sharp takes 0.2 s; a loaded machine needs more
const NICENESS = 5; // the parent's answers and heartbeats have priority
// In a checkout the running file is TypeScript, in the package JavaScript.
const LANGUAGE = extname(import.meta.url);
const PROGRAM = fileURLToPath(new URL(`./decoder/decoder${LANGUAGE}`, import.meta.url));

export type DecoderProcess = {
  pid: number;
  libraries: Libraries;
  isAlive(): boolean;
  send(request: DecoderRequest): void;
  /**
   * The next answer. A process that does not answer within the limits is killed.
   * @throws ImageProblem `decode_timeout`, `decode_memory`, `decoder_crashed`; the signal's reason when aborted
   */
  answer(limits: AnswerLimits): Promise<DecoderAnswer>;
  kill(): void;
  ended: Promise<void>;
};

/** `bytes`: memory of the whole process. */
type AnswerLimits = { ms: number; bytes: number; signal: AbortSignal };

/** @throws when it does not start, or when its libraries must not be used */
export async function startDecoder(): Promise<DecoderProcess> {
  const child = fork(PROGRAM, [], {
    env: childEnvironment(),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const mailbox = new Mailbox(child);
  let greeting: DecoderGreeting;
  try {
    greeting = (await mailbox.next(AbortSignal.timeout(START_DEADLINE_MS))) as DecoderGreeting;
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
    send: (request) => void child.send(request, () => {}), // `answer` reports a child that is gone
    kill,
    ended: mailbox.ended,
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
        return (await mailbox.next(deadline.signal)) as DecoderAnswer;
      } catch (error) {
        kill(); // a codec cannot be interrupted in another way, and may hang forever
        await mailbox.ended; // until then it may write into files that the next image uses
        signal.throwIfAborted();
        deadline.signal.throwIfAborted();
        throw new ImageProblem('decoder_crashed', child.signalCode ?? undefined, { cause: error });
      }
    },
  };
}

/** Lowers it relative to our own: only root may raise a priority, and some sandboxes allow no change. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, Math.min(getPriority() + NICENESS, constants.priority.PRIORITY_LOW));
  } catch {
    // It decodes at our own priority.
  }
}

const KEPT_BYTES = 2 ** 28;

/** None of our environment, which holds secrets. libvips reads its limits before sharp loads. */
function childEnvironment(): NodeJS.ProcessEnv {
  return {
    VIPS_MAX_COORD: String(MAX_SIDE),
    VIPS_BLOCK_UNTRUSTED: '1',
    VIPS_CONCURRENCY: '1',
    UV_THREADPOOL_SIZE: '2',
    // Otherwise glibc returns each picture's memory to the system and gets it back page by page: 3 % of the CPU.
    MALLOC_MMAP_THRESHOLD_: String(KEPT_BYTES),
    MALLOC_TRIM_THRESHOLD_: String(KEPT_BYTES),
    ...compileCache(),
  };
}

/**
 * In a checkout, a decoder otherwise strips the types of its sources at each start, which is half of its time.
 * Never in the package: what a decoder writes there, other processes would run.
 */
function compileCache(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE } = process.env;
  return LANGUAGE === '.ts' && NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {};
}
