/** What all files of a run share: a PostgreSQL, and the compiled form of the programs that they start. */
import { type Folder, newFolder } from './folder.ts';
import { SERVER_OF_RUN, startTestServer, type TestServer } from './test-server.ts';

let shared: { folder: Folder; server: TestServer } | undefined;

export async function globalSetup(): Promise<void> {
  const folder = await newFolder();
  process.env['NODE_COMPILE_CACHE'] = folder.path;
  shared = { folder, server: await startTestServer() };
  process.env[SERVER_OF_RUN] = shared.server.address;
}

export async function globalTeardown(): Promise<void> {
  await shared?.server.close();
  await shared?.folder[Symbol.asyncDispose]();
}
