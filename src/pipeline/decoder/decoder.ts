/**
 * A disposable child process: reads and decodes images of strangers, one at a time, on one thread. It
 * may be killed at any moment, and holds nothing that anyone would miss: no secrets, no connection, and
 * of the disk only the paths that it is sent. Of a stranger's file nobody else reads more than its signature.
 *
 * Messages: in a `DecoderRequest`, out its `DecoderAnswer`s; the first message out is a `DecoderGreeting`.
 * A file that takes more memory than is allowed waits for `go` between its facts and its making.
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

// Ctrl-C reaches the whole process group; the parent finishes what is in work and closes the channel.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// An exit would wait for a codec that is at work, which may be for ever when the parent was killed.
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
    return failureOf(error as Error, file);
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
    return failureOf(error as Error, { path: job.input }, plan);
  }
}

/** Resolves when the parent sends `go`. */
function allowance(): Promise<void> {
  return new Promise((resolve) => (go = resolve));
}

async function failureOf(error: Error, file: object, plan?: Plan): Promise<DecoderAnswer> {
  if (error instanceof ImageProblem) return { is: 'failed', code: error.code, detail: error.detail };
  if ('path' in file && !existsSync(file.path as string))
    return { is: 'trouble', detail: 'the folder for downloads is gone' };
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return { is: 'trouble', detail: error.message };
  const isCut = plan !== undefined && !(await isComplete(plan.input, plan.format));
  const detail = error.message.split('\n')[0]?.slice(0, 200);
  return { is: 'failed', code: isCut ? 'truncated_image' : 'corrupt_image', detail };
}
