/** A fleet for a benchmark: two `serve`, workers, a database and a store, each on a machine of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newApiKey } from '../src/access/api-key.ts';
import { newFolder } from '../test/support/folder.ts';
import { freePort, type Running, startMinilab } from '../test/support/minilab.ts';
import { smallPicture } from '../test/support/pictures.ts';
import { newPostgres } from '../test/support/postgres.ts';
import { newRoads, noRoads } from '../test/support/roads.ts';
import { startOrigin } from './rig.ts';

type Machine = { prefix: readonly string[]; addressOn(road: 'database' | 'store' | 'rest'): string };

const HERE: Machine = { prefix: [], addressOn: () => '127.0.0.1' };

export type Fleet = AsyncDisposable & {
  /** whether each has a network of its own */
  isApart: boolean;
  databaseUrl: string;
  /** of the image host, with the time that it takes to answer in `?wait=` */
  originUrl: string;
  /** URLs of both `serve` */
  apis: [string, string];
  /** for requests to them */
  headers: { authorization: string };
  startWorker(number: number): Promise<Running>;
  /** SHA-256 by key, of what the store holds */
  stored(): Promise<Map<string, string>>;
};

/** @param workers how many machines there are for them */
export async function startFleet(workers: number): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const isApart = noRoads() === false;
  const roads = isApart ? stack.use(newRoads()) : undefined;
  const newMachine = (): Machine => roads?.newMachine() ?? HERE;
  const folder = stack.use(await newFolder());
  const databaseMachine = newMachine();
  const address = databaseMachine.addressOn('database');
  const peers = roads?.networkOf('database') ?? '127.0.0.1/32';
  const postgres = stack.use(await newPostgres({ address, peers, prefix: databaseMachine.prefix }));
  const store = stack.use(await startStore(newMachine()));
  const here = roads?.addressOn('rest') ?? '127.0.0.1';
  const origin = await startOrigin(await picturesIn(folder.path), here);
  stack.defer(() => origin.child.disconnect());
  const databaseUrl = await postgres.newDatabase();
  const key = newApiKey();
  const settings = {
    DATABASE_URL: databaseUrl,
    MINILAB_KEY: key,
    HOST_CONCURRENCY: '1024',
    WORKER_CORES: '1',
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8,10.0.0.0/8',
    ...store.settings,
  };
  const start = (command: 'serve --no-worker' | 'worker', machine: Machine, own: Record<string, string>) =>
    startMinilab(
      command,
      { ...settings, ...own, DATA_DIR: join(folder.path, own['MACHINE_NAME'] ?? '') },
      machine.prefix,
    );

  const apis: string[] = [];
  for (const name of ['api-1', 'api-2']) {
    const machine = newMachine();
    const [host, port] = [machine.addressOn('rest'), String(await freePort())];
    apis.push(`http://${host}:${port}`);
    const own = { HOST: host, PORT: port, PUBLIC_URL: apis[0] ?? '', MACHINE_NAME: name };
    stack.use(await start('serve --no-worker', machine, own));
  }
  const machines = Array.from({ length: workers }, newMachine);
  const all = stack.move();
  return {
    ...{ isApart, databaseUrl, originUrl: origin.url, headers: { authorization: `Bearer ${key}` } },
    apis: apis as [string, string],
    startWorker: (number) =>
      start('worker', machines[number - 1] ?? HERE, { MACHINE_NAME: `worker-${number}` }),
    stored: store.stored,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Small ones, so that a machine with two cores has time for a whole fleet. */
async function picturesIn(folder: string): Promise<string[]> {
  await mkdir(join(folder, 'pictures'));
  const numbers = Array.from({ length: 8 }, (_, i) => i);
  return Promise.all(
    numbers.map(async (number) => {
      const path = join(folder, 'pictures', `${number}.jpg`);
      await writeFile(path, await smallPicture(number));
      return path;
    }),
  );
}

async function startStore(machine: Machine) {
  const program = [process.execPath, join(import.meta.dirname, 'store.ts'), machine.addressOn('store')];
  const [command = '', ...args] = [...machine.prefix, ...program];
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answer = async <T>(): Promise<T> => ((await once(child, 'message')) as [T])[0];
  const settings = await answer<Record<string, string>>();
  return {
    settings,
    async stored() {
      child.send('stored');
      return new Map(Object.entries(await answer<Record<string, string>>()));
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
