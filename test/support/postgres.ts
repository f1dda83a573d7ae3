import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Cluster, prepareCluster } from '../../src/db/cluster.ts';
import { type Folder, newFolder } from './folder.ts';
import { freePort } from './minilab.ts';

/** A PostgreSQL that a test may stop and start; nobody else looks after it. */
export type Postgres = AsyncDisposable & {
  start(): Promise<void>;
  /** As if the power went: no session is asked, nothing is written any more. */
  stopAtOnce(): Promise<void>;
  newDatabase(): Promise<string>;
};

/** An address of its own, and the network that may connect to it besides this machine. */
export type PostgresNetwork = {
  address: string;
  peers: string;
  /** the command that has another one run where the server is to run; here when left out */
  prefix?: readonly string[];
};

export async function newPostgres(network?: PostgresNetwork): Promise<Postgres> {
  const folder: Folder = await newFolder();
  const cluster = await prepareCluster(folder.path);
  const { prefix = [] } = network ?? {};
  const isElsewhere = prefix.length > 0;
  const host = isElsewhere && network ? network.address : '127.0.0.1';
  const addresses = [...new Set([host, network?.address ?? host])].join();
  if (network)
    await appendFile(
      join(cluster.folder, 'data', 'pg_hba.conf'),
      `host all all ${network.peers} scram-sha-256\n`,
    );
  const port = await freePort();
  let server: ChildProcess | undefined;
  const url = (name: string): string => `postgres://minilab:${cluster.password}@${host}:${port}/${name}`;

  async function start(): Promise<void> {
    const command = [
      ...[join(cluster.programs, 'bin', 'postgres'), '-D', join(cluster.folder, 'data'), '-p', String(port)],
      ...['-c', `listen_addresses=${addresses}`, '-c', 'unix_socket_directories='],
    ];
    const [program = '', ...args] = isElsewhere ? [...prefix, ...asUser(cluster.owner), ...command] : command;
    server = spawn(program, args, {
      cwd: cluster.folder,
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: 'ignore',
      ...(!isElsewhere && cluster.owner),
    });
    for (let i = 0; i < 600; i += 1, await sleep(50)) {
      const client = new Client(url('postgres'));
      const isUp = await client.connect().then(
        () => true,
        () => false,
      );
      await client.end().catch(() => {});
      if (isUp) return;
    }
    throw new Error('PostgreSQL did not start');
  }

  async function stopAtOnce(): Promise<void> {
    if (!server || server.exitCode !== null) return;
    server.kill('SIGQUIT');
    await once(server, 'exit');
  }

  await start();
  return {
    start,
    stopAtOnce,
    async newDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      const client = new Client(url('postgres'));
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return url(name);
    },
    async [Symbol.asyncDispose]() {
      await stopAtOnce();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A command that runs the one that follows as another user: it takes root to enter the network of another machine. */
function asUser(owner: Cluster['owner']): string[] {
  if (!owner) return [];
  const { uid, gid } = owner;
  const code = `const [program, ...args] = process.argv.slice(1);
    process.setgroups([]); process.setgid(${gid}); process.setuid(${uid});
    process.execve(program, [program, ...args], process.env);`;
  return [process.execPath, '-e', code];
}
