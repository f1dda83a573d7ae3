/** What all files of a run share: a PostgreSQL, a folder, and the compiled form of the programs that they start. */
import { join } from 'node:path';
import { SERVER_OF_RUN, startTestServer, type TestServer } from './test-server.ts';

const COMPILED = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compiled');

let server: TestServer | undefined;

export async function globalSetup(): Promise<void> {
  process.env['NODE_COMPILE_CACHE'] = COMPILED; // half of the time in which a process starts
  server = await startTestServer();
  process.env[SERVER_OF_RUN] = server.address;
  process.env['TMPDIR'] = server.folder; // so that nothing stays of a test that is killed
}

export async function globalTeardown(): Promise<void> {
  await server?.close();
}
