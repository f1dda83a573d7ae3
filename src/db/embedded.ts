/**
 * The bundled PostgreSQL, shared by all Minilab processes on one DATA_DIR.
 *
 * States of the server: stopped -> starting -> running -> stopping -> stopped. A process that needs it
 * starts it, or adopts the running one. The port is the one in postmaster.pid, whoever started the server,
 * and every new connection reads it (address.ts).
 * Each process holds a shared advisory lock while it runs. The last one, which gets the lock exclusively,
 * stops the server. A killed process loses its lock, and may leave the server running: the next process
 * adopts it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { Problem } from '../errors.ts';
import { embeddedAddress } from './address.ts';
import { type Cluster, prepareCluster, SUPERUSER } from './cluster.ts';
import { isLocked, lockFile } from './lock-file.ts';
import { isRunning, pidFileOf, readPidFile, runningServer } from './postmaster.ts';
import { keepReserve, openReserve } from './reserve.ts';

export type EmbeddedServer = {
  /** The address of a database, created if it does not exist. */
  database(name: string): Promise<string>;
  /** Creates an empty database, or a copy of another one, which nobody may be using; it replaces an existing one. */
  freshDatabase(name: string, template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  renameDatabase(name: string, to: string): Promise<void>;
  /** The names of databases that begin with a text. */
  databases(prefix: string): Promise<string[]>;
  /**
   * Takes an exclusive named lock until this process closes.
   * @returns undefined if taken, otherwise a description of the process that holds it
   */
  claim(name: string): Promise<string | undefined>;
  /** Releases the server, and stops it if no other process holds it. */
  close(): Promise<void>;
};

const LOCK_CLASS = 0x6d6c6162; // "mlab"; first key of every advisory lock on the maintenance database
const HELD_BY_EVERYONE = 0;
const START_DEADLINE_MS = 60_000; // a start takes 30 ms, crash recovery takes seconds
const STOP_DEADLINE_MS = 20_000;
const CONNECT_MS = 5_000; // another program may listen on the server's old port

/**
 * Starts or adopts the bundled server of `dataDir`, and holds it until `close()`. If the server dies
 * meanwhile, one of its holders restarts it.
 * @param holder name of this process ("serve", "worker"), shown to others with its pid
 * @param onSpawned is called when the server is being started, before it is ready; not when it runs
 */
export async function holdEmbeddedServer(
  dataDir: string,
  holder: string,
  onSpawned = (): void => {},
): Promise<EmbeddedServer> {
  const cluster = await prepareCluster(dataDir);
  const claims: string[] = [];
  const closing = new AbortController();
  let holdingAgain = Promise.resolve();
  let held = await hold();

  async function hold(): Promise<Client> {
    for (const started = Date.now(); ; await sleep(50)) {
      let client: Client | undefined;
      try {
        client = newClient(cluster, await ensureRunning(cluster, onSpawned), 'postgres', holder);
        await client.connect();
        await client.query('select pg_advisory_lock_shared($1, $2)', [LOCK_CLASS, HELD_BY_EVERYONE]);
        for (const name of claims) await tryLock(client, name);
        client.on('end', () => (holdingAgain = holdAgain()));
        return client;
      } catch (error) {
        await client?.end().catch(() => {}); // its last holder may have been stopping it: start it again
        if (!mayStartNow(error) || Date.now() - started > START_DEADLINE_MS) throw error;
      }
    }
  }

  async function holdAgain(): Promise<void> {
    const { signal } = closing;
    while (!signal.aborted) {
      try {
        held = await hold();
        return;
      } catch {
        await sleep(1_000, undefined, { ref: false, signal }).catch(() => {});
      }
    }
  }

  async function database(name: string, template = 'template1'): Promise<string> {
    const { rowCount } = await held.query('select 1 from pg_database where datname = $1', [name]);
    const copy = `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}`;
    if (!rowCount) await held.query(copy).catch(unlessDuplicate);
    const { folder, password } = cluster;
    return embeddedAddress(folder, { user: SUPERUSER, password, port: held.port, database: name });
  }

  async function dropDatabase(name: string): Promise<void> {
    await held.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
  }

  return {
    database: (name) => database(name),
    dropDatabase,
    async freshDatabase(name, template) {
      await dropDatabase(name);
      return database(name, template);
    },
    async renameDatabase(name, to) {
      await held.query(`alter database ${escapeIdentifier(name)} rename to ${escapeIdentifier(to)}`);
    },
    async databases(prefix) {
      const { rows } = await held.query<{ datname: string }>(
        'select datname from pg_database where starts_with(datname, $1)',
        [prefix],
      );
      return rows.map(({ datname }) => datname);
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
      closing.abort();
      await holdingAgain; // it may have restarted the server, which nobody else would stop
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

/** SIGINT is PostgreSQL's fast shutdown: it ends sessions, writes everything, and removes postmaster.pid last. */
async function stop(cluster: Cluster): Promise<void> {
  const running = await runningServer(cluster);
  if (!running) return;
  process.kill(running.pid, 'SIGINT');
  for (const started = Date.now(); Date.now() - started < STOP_DEADLINE_MS; await sleep(10)) {
    if (!(await runningServer(cluster))) return;
  }
}

/**
 * The port of the server, which is started if necessary. Only one process at a time may start it: after a
 * crash, PostgreSQL may let two starts proceed, each with its own port.
 */
async function ensureRunning(cluster: Cluster, onSpawned: () => void): Promise<number> {
  const running = await runningServer(cluster);
  if (running) return running.port;
  using _lock = await lockFile(join(cluster.folder, 'start.lock'), START_DEADLINE_MS).catch(
    (error: Error) => {
      throw isLocked(error) ? notStarted(cluster, 'another process is still starting it') : error;
    },
  );
  return (await runningServer(cluster))?.port ?? (await start(cluster, onSpawned));
}

async function start(cluster: Cluster, onSpawned: () => void): Promise<number> {
  const left = await readPidFile(cluster);
  // A stale file that names another program's process, or is cut off: PostgreSQL would refuse to start.
  if (!left || isRunning(left.pid)) await rm(pidFileOf(cluster), { force: true });
  await openReserve(cluster.folder);
  const port = await freePort(left?.port ?? 0).catch(() => freePort(0));
  const log = await open(join(cluster.folder, 'server.log'), 'w');
  try {
    const server = spawn(
      join(cluster.programs, 'bin', 'postgres'),
      ['-D', join(cluster.folder, 'data'), '-p', String(port), ...SETTINGS],
      {
        cwd: cluster.folder,
        env: { LC_ALL: 'C' },
        // Its own process group: Ctrl-C must not stop the database before workers have drained.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        ...cluster.owner,
      },
    );
    server.unref();
    onSpawned();
    await isReady(cluster, server);
    await keepReserve(cluster.folder);
    return port;
  } finally {
    await log.close();
  }
}

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'timezone=UTC',
  'max_connections=200', // serve, some workers and tests, with 10 connections each
  'jit=off', // compiling takes longer than any query here
].flatMap((setting) => ['-c', setting]);

/** @throws Problem `database_unavailable` with the last lines of the server's log */
async function isReady(cluster: Cluster, server: ChildProcess): Promise<void> {
  let ended: string | undefined;
  once(server, 'exit').then(
    () => (ended = 'it ended'),
    (error: Error) => (ended = error.message),
  );
  for (const started = Date.now(); Date.now() - started < START_DEADLINE_MS; await sleep(10)) {
    const known = await readPidFile(cluster);
    if (known?.pid === server.pid && known?.isReady) return;
    if (ended !== undefined) throw notStarted(cluster, (await lastWords(cluster)) || ended);
  }
  throw notStarted(cluster, 'it was not ready in time');
}

async function lastWords(cluster: Cluster): Promise<string> {
  const log = await readFile(join(cluster.folder, 'server.log'), 'utf8');
  return log.trim().split('\n').slice(-3).join(' ');
}

function notStarted(cluster: Cluster, reason: string): Problem {
  return new Problem('database_unavailable', {
    detail: `The embedded PostgreSQL in ${cluster.folder} did not start: ${reason}`,
  });
}

/** Another program took the port, or processes of a crashed server are still ending: a retry may succeed. */
function mayStartNow(error: unknown): boolean {
  return !(error instanceof Problem) || /in use|lock file .* already exists/.test(error.message);
}

async function freePort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
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
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on('error', () => {}); // 'end' follows, and is handled
  return client;
}

function unlessDuplicate(error: { code?: string }): void {
  if (error.code !== '42P04' && error.code !== '23505') throw error; // another process has created it
}
