import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareCluster } from '../../src/db/cluster.ts';
import { holdEmbeddedServer } from '../../src/db/embedded.ts';
import { lockFile } from '../../src/db/lock-file.ts';
import { isRunning } from './processes.ts';
import { until } from './until.ts';

/** The server that the processes of a data folder share. They start it again themselves, as soon as they may. */
export type Embedded = AsyncDisposable & {
  /** of Minilab's database */
  url: string;
  /** Ends the server, and keeps everybody from starting it. */
  stop(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Lets them start it, all at once. */
  release(): void;
};

const LOCK_WITHIN_MS = 60_000;

export async function holdEmbedded(dataDir: string): Promise<Embedded> {
  const server = await holdEmbeddedServer(dataDir, 'chaos');
  const { folder } = await prepareCluster(dataDir);
  let lock: Disposable | undefined;
  const release = (): void => {
    lock?.[Symbol.dispose]();
    lock = undefined;
  };
  return {
    url: await server.database('minilab'),
    release,
    async stop(signal) {
      lock = await lockFile(join(folder, 'start.lock'), LOCK_WITHIN_MS);
      const pid = Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);
      process.kill(pid, signal);
      await until(async () => !(await isRunning(pid)), 30_000, 'the end of the server');
    },
    async [Symbol.asyncDispose]() {
      release();
      await server.close();
    },
  };
}
