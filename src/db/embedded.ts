/**
 * The embedded PostgreSQL, shared by every Minilab process on one DATA_DIR.
 *
 * States of the server: not running -> starting -> running -> stopping -> not running. A process
 * that needs it starts it or adopts the one that runs (its port is in line 4 of postmaster.pid).
 * Each process holds a shared advisory lock for as long as it lives; the last one out, which is the
 * one that gets the lock exclusively, stops the server. A killed process lets go of its lock by
 * itself and may leave the server running: the next process adopts it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { Problem } from '../errors.ts';
import { type Cluster, prepareCluster, SUPERUSER } from './cluster.ts';

export type EmbeddedServer = {
  /** The address of a database of that name, made if it is not there. */
  database(name: string): Promise<string>;
  /** Makes an empty database of that name, dropping the one that was there. */
  freshDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /**
   * Takes a lock that one process at a time can have, until this one closes.
   * Returns undefined when taken, or a description of the process that has it.
   */
  claim(name: string): Promise<string | undefined>;
  /** Lets go of the server, and stops it when nobody else holds it. */
  close(): Promise<void>;
};

const LOCK_CLASS = 0x6d6c6162; // "mlab"; the first key of every advisory lock on the maintenance database
const HELD_BY_EVERYONE = 0;
const START_DEADLINE_MS = 60_000; // a start takes 30 ms, a recovery after a crash seconds
const STOP_DEADLINE_MS = 20_000;

/**
 * Starts or adopts the embedded server of `dataDir` and holds it until `close()`. If the server dies
 * meanwhile, it is started again on the same port.
 * @param holder what this process is ("serve", "worker"), shown to others with its pid
 */
export async function holdEmbeddedServer(dataDir: string, holder: string): Promise<EmbeddedServer> {
  const cluster = await prepareCluster(dataDir);
  const claims: string[] = [];
  let closing = false;
  let held = await hold();

  async function hold(): Promise<Client> {
    for (const started = Date.now(); ; await sleep(50)) {
      const client = newClient(cluster, await ensureRunning(cluster), 'postgres', holder);
      try {
        await client.connect();
        await client.query('select pg_advisory_lock_shared($1, $2)', [LOCK_CLASS, HELD_BY_EVERYONE]);
        for (const name of claims) await tryLock(client, name);
        client.on('end', () => void holdAgain());
        return client;
      } catch (error) {
        await client.end().catch(() => {}); // it was just being stopped by its last holder: start it again
        if (Date.now() - started > START_DEADLINE_MS) throw error;
      }
    }
  }

  async function holdAgain(): Promise<void> {
    while (!closing) {
      try {
        held = await hold();
        return;
      } catch {
        await sleep(1_000, undefined, { ref: false });
      }
    }
  }

  async function database(name: string): Promise<string> {
    const { rowCount } = await held.query('select 1 from pg_database where datname = $1', [name]);
    if (!rowCount) await held.query(`create database ${escapeIdentifier(name)}`).catch(unlessDuplicate);
    return `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${await runningPort(cluster)}/${name}`;
  }

  async function dropDatabase(name: string): Promise<void> {
    await held.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
  }

  return {
    database,
    dropDatabase,
    async freshDatabase(name) {
      await dropDatabase(name);
      return database(name);
    },
    async claim(name) {
      if (await tryLock(held, name)) {
        claims.push(name);
        return undefined;
      }
      const { rows } = await held.query<{ application_name: string }>(
        `select a.application_name from pg_locks l join pg_stat_activity a using (pid)
         where l.locktype = 'advisory' and l.classid = $1 and l.objid = hashtext($2)::oid and l.granted`,
        [LOCK_CLASS, name],
      );
      return rows[0]?.application_name ?? 'another process';
    },
    async close() {
      closing = true;
      if (await isLastOut(held).catch(() => false)) await stop(cluster);
      await held.end().catch(() => {});
    },
  };
}

async function tryLock(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    'select pg_try_advisory_lock($1, hashtext($2)) as locked',
    [LOCK_CLASS, name],
  );
  return rows[0]?.locked === true;
}

async function isLastOut(client: Client): Promise<boolean> {
  const key = [LOCK_CLASS, HELD_BY_EVERYONE];
  await client.query('select pg_advisory_unlock_shared($1, $2)', key);
  const { rows } = await client.query<{ last: boolean }>('select pg_try_advisory_lock($1, $2) as last', key);
  return rows[0]?.last === true;
}

/** SIGINT is PostgreSQL's "fast" shutdown: sessions are ended, everything is written, postmaster.pid goes last. */
async function stop(cluster: Cluster): Promise<void> {
  const running = await readPidFile(cluster);
  if (!running) return;
  process.kill(running.pid, 'SIGINT');
  for (const started = Date.now(); Date.now() - started < STOP_DEADLINE_MS; await sleep(10)) {
    if (!(await readPidFile(cluster))) return;
  }
}

/** The port of the running server, started first when there is none. */
async function ensureRunning(cluster: Cluster): Promise<number> {
  const running = await runningPort(cluster);
  if (running !== undefined) return running;
  const log = await open(join(cluster.folder, 'server.log'), 'w');
  const over = new AbortController();
  try {
    const port = await choosePort(cluster);
    const server = spawn(
      join(cluster.programs, 'bin', 'postgres'),
      [
        '-D',
        join(cluster.folder, 'data'),
        '-p',
        String(port),
        ...SETTINGS.flatMap((setting) => ['-c', setting]),
      ],
      {
        cwd: cluster.folder,
        env: { LC_ALL: 'C' },
        // Ctrl-C reaches the whole process group, and the database must outlive the drain.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        ...cluster.owner,
      },
    );
    server.unref();
    await Promise.race([answers(cluster, port, over.signal), ended(server, cluster, over.signal)]);
    return port;
  } finally {
    over.abort(); // the watcher that lost the race must not go on
    await log.close();
  }
}

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'timezone=UTC',
  'max_connections=200', // serve, a few workers and the tests, at 10 connections each
  'jit=off', // compiling costs more than any query here takes
];

async function answers(cluster: Cluster, port: number, signal: AbortSignal): Promise<void> {
  for (const started = Date.now(); Date.now() - started < START_DEADLINE_MS;) {
    const client = newClient(cluster, port, 'postgres', 'start');
    const answered = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (answered) return;
    await sleep(20, undefined, { signal });
  }
  throw notStarted(cluster, 'it did not answer in time');
}

/** Rejects when the server ends, unless it lost a race against a server that is now running. */
async function ended(server: ChildProcess, cluster: Cluster, signal: AbortSignal): Promise<void> {
  await once(server, 'exit', { signal }).catch((error: Error) => {
    throw notStarted(cluster, error.message);
  });
  for (let i = 0; i < 100; i += 1) {
    const port = await runningPort(cluster);
    if (port !== undefined) return answers(cluster, port, signal);
    await sleep(50, undefined, { signal });
  }
  const log = await readFile(join(cluster.folder, 'server.log'), 'utf8');
  throw notStarted(cluster, log.trim().split('\n').slice(-3).join(' '));
}

function notStarted(cluster: Cluster, reason: string): Problem {
  return new Problem('database_unavailable', {
    detail: `The embedded PostgreSQL in ${cluster.folder} did not start: ${reason}`,
  });
}

/** The port of last time where it is free, so that pools of other processes find a restarted server. */
async function choosePort(cluster: Cluster): Promise<number> {
  const file = join(cluster.folder, 'port');
  const last = Number(await readFile(file, 'utf8').catch(() => '0'));
  const port = await freePort(last).catch(() => freePort(0));
  await writeFile(file, String(port));
  return port;
}

async function freePort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function runningPort(cluster: Cluster): Promise<number | undefined> {
  return (await readPidFile(cluster))?.port;
}

/** postmaster.pid: line 1 the process id, line 4 the port (PostgreSQL manual, 66.1). */
async function readPidFile(cluster: Cluster): Promise<{ pid: number; port: number } | undefined> {
  const data = join(cluster.folder, 'data');
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!(pid > 0 && port > 0 && isRunning(pid))) return undefined;
  // After a hard stop of a container or a machine another program may have got this pid, and then
  // PostgreSQL would refuse to start for ever.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => data);
  if (command.includes(data)) return { pid, port };
  await rm(join(data, 'postmaster.pid'), { force: true });
  return undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function newClient(cluster: Cluster, port: number, database: string, holder: string): Client {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: cluster.password,
    database,
    application_name: `minilab ${holder} (process ${process.pid})`,
    keepAlive: true,
  });
  client.on('error', () => {}); // 'end' follows, and is what we act on
  return client;
}

function unlessDuplicate(error: { code?: string }): void {
  if (error.code !== '42P04' && error.code !== '23505') throw error; // another process made it meanwhile
}
