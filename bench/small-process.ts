/** How soon `minilab process` shows the first of the demo's pictures. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOrigin } from '../examples/origin.ts';
import { median } from './rig.ts';

const ROOT = join(import.meta.dirname, '..');

/** Milliseconds since the process was started. */
export type ProcessRun = {
  /** the CSV is read */
  staged: number;
  /** the worker is ready to claim */
  worker: number;
  /** the first image is made and stored */
  first_image: number;
  /** the command says so */
  first_shown: number;
  last_shown: number;
  ended: number;
};

export type ProcessRuns = {
  first: ProcessRun;
  second: ProcessRun;
  to_first_image_ms: Record<'median' | 'max', number>;
};

/** @param runs after the first one, which creates the database and the compiled forms of the programs */
export async function measureProcess(folder: string, runs: number): Promise<ProcessRuns> {
  await mkdir(folder, { recursive: true });
  await using origin = await startOrigin();
  const catalog = await readFile(join(ROOT, 'examples', 'catalog.csv'), 'utf8');
  await writeFile(join(folder, 'catalog.csv'), catalog.replaceAll('http://origin.example', origin.url));
  const first = await run(folder);
  const later: ProcessRun[] = [];
  for (let i = 0; i < runs; i += 1) later.push(await run(folder));
  const firstImages = later.map(({ first_image }) => first_image);
  const [second = first] = later;
  process.stderr.write(
    `process: first image after ${first.first_image} ms, then ${firstImages.join(', ')} ms\n`,
  );
  return {
    first,
    second,
    to_first_image_ms: { median: median(firstImages), max: Math.max(...firstImages) },
  };
}

/** What the command says, by the step that it ends; first lines of its progress without an image do not count. */
const SAYS: Record<Exclude<keyof ProcessRun, 'ended'>, RegExp> = {
  staged: /catalog\.csv: /,
  worker: /"msg":"worker started"/,
  first_image: /"is":"completed".*"msg":"image"/,
  first_shown: /^[1-9]\d* of \d+ images/,
  last_shown: /^(\d+) of \1 images/,
};

async function run(cwd: string): Promise<ProcessRun> {
  const startedAt = performance.now();
  const steps: Partial<ProcessRun> = {};
  const now = (): number => Math.round(performance.now() - startedAt);
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'minilab.js'), 'process', 'catalog.csv'], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATA_DIR: join(cwd, 'data'),
      ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
      LOG_LEVEL: 'debug',
    },
  });
  let said = '';
  for await (const chunk of child.stderr) {
    const lines = (said + String(chunk)).split('\n');
    said = lines.pop() ?? '';
    for (const line of lines)
      for (const [step, pattern] of Object.entries(SAYS) as [keyof typeof SAYS, RegExp][])
        if (pattern.test(line)) steps[step] ??= now();
  }
  const whole = { ...steps, ended: now() };
  if (whole.first_image === undefined) throw new Error(`minilab process made no image:\n${said}`);
  return whole as ProcessRun;
}
