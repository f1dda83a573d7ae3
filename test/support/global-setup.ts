/**
 * What all files of a run share: a PostgreSQL, a folder, and the compiled form of the programs that they
 * start. At its end, everything that was answered is compared with the document of the API.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtPage } from '../../src/page/built.ts';
import { bundledPackages, bundledProgram } from './bundled.ts';
import { reportOf } from './check-answers.ts';
import { PROGRAM_OF_RUN } from './minilab.ts';
import { ANSWERS_OF_RUN } from './record-answers.ts';
import { SERVER_OF_RUN, startTestServer, type TestServer } from './test-server.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMPILED = join(ROOT, 'node_modules', '.cache', 'compiled');
const DECODER = join(ROOT, 'src', 'pipeline', 'decoder', 'decoder.ts');

const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-answers.ts'));

let server: TestServer | undefined;
let answers: string | undefined;

export async function globalSetup(): Promise<void> {
  process.env['NODE_COMPILE_CACHE'] = COMPILED; // half of the time in which a process starts
  void builtPage().catch(() => {}); // else each of the first files that need the page would build it; its own error says why not
  const bundled = await bundledPackages();
  const [started, program] = await Promise.all([startTestServer(), bundledProgram(), compileDecoder()]);
  server = started;
  process.env[PROGRAM_OF_RUN] = program;
  process.env[SERVER_OF_RUN] = server.address;
  process.env['TMPDIR'] = server.folder; // so that nothing stays of a test that is killed
  answers = join(server.folder, 'answers');
  mkdirSync(answers);
  process.env[ANSWERS_OF_RUN] = answers;
  process.env['NODE_OPTIONS'] =
    `${process.env['NODE_OPTIONS'] ?? ''} --import=${bundled} --import=${RECORDER.href}`.trim();
}

/** Decoders are killed when they are wanted no more, so they never leave their compiled form: see decoder-process.ts. */
async function compileDecoder(): Promise<void> {
  await once(spawn(process.execPath, [DECODER], { stdio: 'ignore' }), 'close');
}

export async function globalTeardown(): Promise<void> {
  // At once: with --test-force-exit Node waits for no promise, and ignores what is thrown.
  const report = answers === undefined ? undefined : reportOf(answers);
  if (report !== undefined) {
    process.stderr.write(`\n${report}\n`);
    process.exit(1); // the server ends with its input
  }
  await server?.close();
}
