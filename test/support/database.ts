/** One embedded PostgreSQL for the whole run, and an empty database for whoever asks. */
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { type EmbeddedServer, holdEmbeddedServer } from '../../src/db/embedded.ts';
import { type Folder, newFolder } from './folder.ts';

let started: Promise<{ server: EmbeddedServer; folder: Folder }> | undefined;

async function start() {
  const folder = await newFolder();
  return { server: await holdEmbeddedServer(folder.path, 'test'), folder };
}

after(async () => {
  if (!started) return;
  const { server, folder } = await started;
  await server.close();
  await folder[Symbol.asyncDispose]();
});

/** The address of a new, empty database. */
export async function newDatabase(): Promise<string> {
  started ??= start();
  const { server } = await started;
  return server.database(`test_${randomBytes(6).toString('hex')}`);
}
