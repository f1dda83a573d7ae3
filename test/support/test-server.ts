import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A database with all migrations and nothing else, to make others from. */
export const TEMPLATE = 'template_minilab';

/** The variable of the environment in which the files of a run find its server. */
export const SERVER_OF_RUN = 'POSTGRES_OF_THE_RUN';

const PROGRAM = join(import.meta.dirname, '..', 'programs', 'postgres-for-tests.ts');

export type TestServer = {
  /** of its database postgres */
  address: string;
  /** goes with the server */
  folder: string;
  close(): Promise<void>;
};

export async function startTestServer(): Promise<TestServer> {
  // Detached, because Ctrl-C reaches the whole process group, and the tests end first.
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = once(child, 'close');
  const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown];
  if (!Buffer.isBuffer(said)) throw new Error('the PostgreSQL of the tests did not start');
  return {
    ...(JSON.parse(said.toString()) as { address: string; folder: string }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
