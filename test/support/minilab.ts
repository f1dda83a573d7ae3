import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWERS_OF_RUN } from './record-answers.ts';

const START_DEADLINE_MS = 120_000; // it takes a second, on a loaded machine many
/** The variable of the environment in which the files of a run find its src/main.ts in bundles. */
export const PROGRAM_OF_RUN = 'MINILAB_OF_THE_RUN';

export const PROGRAM_OF_SOURCES = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

function programFor(settings: Record<string, string>): string {
  return settings[PROGRAM_OF_RUN] ?? process.env[PROGRAM_OF_RUN] ?? PROGRAM_OF_SOURCES;
}

export type Ran = { code: number | null; out: string; err: string };

/** Settings of the tests: nothing of the machine's own, and an origin on loopback may be fetched from. */
function environment(settings: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '', NODE_OPTIONS = '' } = process.env;
  return {
    PATH,
    HOME,
    NODE_COMPILE_CACHE,
    NODE_OPTIONS, // with ANSWERS_OF_RUN: its answers are compared with the document
    [ANSWERS_OF_RUN]: process.env[ANSWERS_OF_RUN] ?? '',
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'warn',
    WORKER_CORES: '1', // each decoder is a process, and files run side by side
    ...settings,
  };
}

/** Runs a command of the command line to its end. */
export async function runMinilab(
  args: string[],
  {
    settings = {},
    cwd,
    onStart,
  }: { settings?: Record<string, string>; cwd?: string; onStart?: (child: ChildProcess) => void } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [programFor(settings), ...args], { env: environment(settings), cwd });
  onStart?.(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

export type Running = AsyncDisposable & {
  child: ChildProcess;
  url: string;
  /** what it has said so far, on both outputs */
  said(): string;
  /** Resolves with its exit code. */
  ended: Promise<number | null>;
};

/**
 * Starts `serve` or `worker`, and waits until it is ready. At the end of the block it is stopped in good order.
 * @param prefix a command that becomes the one that follows it, such as `ip netns exec NAME`
 */
export async function startMinilab(
  command: 'serve' | 'serve --no-worker' | 'worker',
  settings: Record<string, string>,
  prefix: readonly string[] = [],
): Promise<Running> {
  const port = await freePort();
  const [program = '', ...args] = [...prefix, process.execPath, programFor(settings), ...command.split(' ')];
  const child = spawn(program, args, {
    env: environment({ PORT: String(port), ...settings }),
  });
  let said = '';
  const ready = Promise.withResolvers<unknown>();
  for (const output of [child.stdout, child.stderr])
    output.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/ is ready/.test(said)) ready.resolve('ready');
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const deadline = sleep(START_DEADLINE_MS, 'late', { ref: false });
  if ((await Promise.race([ready.promise, ended, deadline])) !== 'ready') {
    child.kill();
    throw new Error(`minilab ${command} did not start:\n${said}`);
  }
  return {
    child,
    url: `http://127.0.0.1:${settings['PORT'] ?? port}`,
    said: () => said,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * A port for a server that starts in a moment. It is below the ports that systems give to whoever asks for any
 * (Linux: from 32768), because other files of the run would get it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

export type Batch = {
  id: string;
  state: string;
  products: number;
  counts: Record<'total' | 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled', number>;
  errors_by_code: Record<string, number>;
  percent: number;
  version?: number;
  deadline_hours: number;
  warning_count: number;
  warnings: { line: number; code: string }[];
  created_at: string;
  ended_at: string | null;
  links: Record<'self' | 'images' | 'output_csv' | 'retry' | 'cancel', string>;
};

/** Uploads a CSV as a form does. */
export async function upload(
  url: string,
  csv: string | Buffer,
  fields: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([csv as string]), 'catalog.csv');
  return fetch(`${url}/v1/batches`, { method: 'POST', body: form });
}

export async function json<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}

/** The batch when it has ended. */
export async function untilEnded(self: string, deadlineMs = 60_000): Promise<Batch> {
  for (const until = Date.now() + deadlineMs; ;) {
    const batch = await json<Batch>(fetch(`${self}?wait=5`));
    if (batch.ended_at) return batch;
    if (Date.now() > until) throw new Error(`the batch did not end: ${JSON.stringify(batch)}`);
  }
}
