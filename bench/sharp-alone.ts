import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Alone = {
  seconds: number;
  /** for the files that are made */
  folder: string;
  /** paths, or URLs */
  sources: string[];
  /** the JPEGs to make of each source */
  makes: { side: number; quality: number }[];
};

/** Sources a second, and CPU milliseconds a source, with the start of the process. */
export type AloneResult = { rate: number; cpuMs: number };

const run = promisify(execFile);

/** Measures sharp alone: of files, it is the ceiling of a worker; of URLs, a good client of an image proxy. */
export async function alone(work: Alone): Promise<AloneResult> {
  const program = join(import.meta.dirname, 'sharp-alone-run.ts');
  const { stdout } = await run(process.execPath, [program, JSON.stringify(work)]);
  return JSON.parse(stdout) as AloneResult;
}
