/**
 * A disposable child process that reads and decodes strangers' images, one at a time, on one thread. It may be
 * killed at any moment and holds nothing of value: no secrets, no connections, and only the paths that it is sent.
 * No other process reads more of a stranger's file than its signature.
 *
 * It receives `DecoderRequest`s and sends `DecoderAnswer`s, after one `DecoderGreeting`: see decoder-protocol.ts.
 */
import { existsSync } from 'node:fs';
import { isComplete } from './formats/complete.ts';
import { expectedMemory } from '../cost.ts';
import type {
  DecoderAnswer,
  DecoderGreeting,
  DecoderJob,
  DecoderRequest,
  FileOrHead,
  Plan,
} from '../decoder-protocol.ts';
import { allowLoadersOnly, libraries, libraryFlaws } from './libraries.ts';
import { makeRenditions } from './make.ts';
import { readHeader } from './formats/read-header.ts';
import { ImageProblem } from '../problems.ts';

// Ctrl-C reaches the whole process group. The parent finishes the images in hand, then closes the channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// process.exit would wait for a running codec, perhaps forever.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

allowLoadersOnly();
let go = (): void => {};
process.on('message', (request: DecoderRequest) => void handle(request));
process.send?.({ libraries: libraries(), flaws: await libraryFlaws() } satisfies DecoderGreeting);

async function handle(request: DecoderRequest): Promise<void> {
  switch (request.is) {
    case 'go':
      return go();
    case 'read_header':
      return answer(await factsOf(request.file));
    case 'make':
      return answer(await make(request.job, request.allowedBytes));
  }
}

function answer(message: DecoderAnswer): void {
  process.send?.(message);
}

async function factsOf(file: FileOrHead): Promise<DecoderAnswer> {
  try {
    return { is: 'facts', facts: await readHeader(file) };
  } catch (error) {
    return failureOf(error as Error, 'path' in file ? file.path : undefined);
  }
}

async function make(job: DecoderJob, allowedBytes: number): Promise<DecoderAnswer> {
  const read = await factsOf({ path: job.input, bytes: job.bytes });
  if (read.is !== 'facts') return read;
  const plan = { ...job, ...read.facts };
  const allowed = expectedMemory(plan) > allowedBytes ? allowance() : undefined;
  answer(read);
  await allowed;
  try {
    return { is: 'made', ...(await makeRenditions(plan)) };
  } catch (error) {
    return failureOf(error as Error, job.input, plan);
  }
}

/** Resolves when the parent sends `go`. */
function allowance(): Promise<void> {
  return new Promise((resolve) => (go = resolve));
}

/** @param path of the source @param plan if its header was read */
async function failureOf(error: Error, path: string | undefined, plan?: Plan): Promise<DecoderAnswer> {
  if (error instanceof ImageProblem) return { is: 'failed', code: error.code, detail: error.detail };
  if (path !== undefined && !existsSync(path))
    return { is: 'trouble', detail: 'the folder for downloads is gone' };
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return { is: 'trouble', detail: error.message };
  const isCut = plan !== undefined && !(await isComplete(plan.input, plan.format));
  const detail = error.message.split('\n')[0]?.slice(0, 200);
  return { is: 'failed', code: isCut ? 'truncated_image' : 'corrupt_image', detail };
}
