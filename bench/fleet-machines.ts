/** A fleet for a benchmark: two `serve`, workers, a database and a store, each on a machine of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newApiKey } from '../src/access/api-key.ts';
import { newFolder } from '../test/support/folder.ts';
import { freePort, type Running, startMinilab } from '../test/support/minilab.ts';
import { smallPicture } from '../test/support/pictures.ts';
import { newPostgres, type Postgres } from '../test/support/postgres.ts';
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
  const roads = noRoads() === false ? stack.use(newRoads()) : undefined;
  const newMachine = (): Machine => roads?.newMachine() ?? HERE;
  const folder = stack.use(await newFolder());
  const postgres = stack.use(await startDatabase(newMachine(), roads?.networkOf('database')));
  const store = stack.use(await startStore(newMachine()));
  const origin = await startOrigin(await picturesIn(folder.path), roads?.addressOn('rest'));
  stack.defer(() => origin.child.disconnect());
  const databaseUrl = await postgres.newDatabase();
  const key = newApiKey();
  const settings = { ...settingsOf(databaseUrl, key), ...store.settings };
  const start = (command: Command, { prefix }: Machine, own: Own) =>
    startMinilab(command, { ...settings, ...own, DATA_DIR: join(folder.path, own.MACHINE_NAME) }, prefix);

  const apis = [await newApi(newMachine(), 'api-1'), await newApi(newMachine(), 'api-2')] as const;
  for (const { machine, own } of apis)
    stack.use(await start('serve --no-worker', machine, { ...own, PUBLIC_URL: apis[0].url }));
  const machines = Array.from({ length: workers }, newMachine);
  const all = stack.move();
  return {
    ...{ isApart: roads !== undefined, databaseUrl, originUrl: origin.url },
    ...{ apis: [apis[0].url, apis[1].url], headers: { authorization: `Bearer ${key}` } },
    startWorker: (number) =>
      start('worker', machines[number - 1] ?? HERE, { MACHINE_NAME: `worker-${number}` }),
    stored: store.stored,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

type Command = 'serve --no-worker' | 'worker';
type Own = Record<string, string> & { MACHINE_NAME: string };

function settingsOf(databaseUrl: string, key: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    MINILAB_KEY: key,
    HOST_CONCURRENCY: '1024',
    WORKER_CORES: '1',
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8,10.0.0.0/8',
  };
}

async function newApi(machine: Machine, name: string) {
  const [host, port] = [machine.addressOn('rest'), String(await freePort())];
  return { machine, url: `http://${host}:${port}`, own: { HOST: host, PORT: port, MACHINE_NAME: name } };
}

function startDatabase({ prefix, addressOn }: Machine, peers = '127.0.0.1/32'): Promise<Postgres> {
  return newPostgres({ address: addressOn('database'), peers, prefix });
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
