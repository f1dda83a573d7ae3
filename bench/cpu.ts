/** CPU times of processes, as Linux has them in proc(5). */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../src/db/database.ts';
import { sum } from './rig.ts';

const TICKS_A_SECOND = 100; // sysconf(_SC_CLK_TCK) on Linux

/** `ended`: the CPU seconds of children that have ended. */
type Process = { name: string; parent: number; seconds: number; ended: number };

type Cpu = { parent: number; decoders: number; postgres: number; idle: number };

/** CPU seconds used so far by a worker, by its decoders (also those that have ended), by PostgreSQL, and idle. */
export async function cpuSecondsNow(pid: number): Promise<Cpu> {
  const all = await processes();
  const own = all.get(pid);
  const others = [...all.values()];
  return {
    parent: own?.seconds ?? 0,
    decoders: secondsOf(others.filter(({ parent }) => parent === pid)) + (own?.ended ?? 0),
    postgres: secondsOf(others.filter(({ name }) => name === 'postgres')),
    idle: await idleSeconds(),
  };
}

/**
 * CPU seconds used so far by the server of a database, also by its processes that have ended. All of them are
 * children of the postmaster, as the process of this connection is.
 */
export async function postgresSecondsNow(db: Db): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  const all = await processes();
  const postmaster = all.get(rows[0]?.pid ?? 0)?.parent ?? 0;
  const { seconds = 0, ended = 0 } = all.get(postmaster) ?? {};
  return seconds + ended + secondsOf([...all.values()].filter(({ parent }) => parent === postmaster));
}

const LOOK_MS = 1_000;

/** Which share of the cores has nothing to do now: what others leave to a benchmark. */
export async function idleShare(): Promise<number> {
  const [before, startedAt] = [await idleSeconds(), performance.now()];
  await sleep(LOOK_MS);
  const tookS = (performance.now() - startedAt) / 1000;
  return Math.min(1, ((await idleSeconds()) - before) / tookS / availableParallelism());
}

function secondsOf(some: Process[]): number {
  return sum(some.map(({ seconds }) => seconds));
}

/** By process id. */
async function processes(): Promise<Map<number, Process>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return new Map(pids.map((pid, i) => [Number(pid), processOf(stats[i] ?? '')]));
}

/** The name stands in parentheses, and may hold any character. */
function processOf(stat: string): Process {
  const end = stat.lastIndexOf(')');
  const fields = stat
    .slice(end + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11);
  return {
    name: stat.slice(stat.indexOf('(') + 1, end),
    parent: fields[1] ?? 0,
    seconds: (utime + stime) / TICKS_A_SECOND,
    ended: (cutime + cstime) / TICKS_A_SECOND,
  };
}

async function idleSeconds(): Promise<number> {
  const [, ...ticks] = ((await readFile('/proc/stat', 'utf8')).split('\n')[0] ?? '').split(/ +/).map(Number);
  return ((ticks[3] ?? 0) + (ticks[4] ?? 0)) / TICKS_A_SECOND;
}
