/** The process of the bundled server, as postmaster.pid describes it. */
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { portIn } from './address.ts';
import type { Cluster } from './cluster.ts';

/** The server's process, which may still be starting; undefined if there is none. */
export async function runningServer(cluster: Cluster): Promise<PidFile | undefined> {
  const file = await readPidFile(cluster);
  return file && isRunning(file.pid) && (await isInData(cluster, file.pid)) ? file : undefined;
}

type PidFile = { pid: number; port: number; isReady: boolean };

/** postmaster.pid: line 1 the process id, line 4 the port, line 8 the state (PostgreSQL manual, 66.1). */
export async function readPidFile(cluster: Cluster): Promise<PidFile | undefined> {
  const text = await readFile(pidFileOf(cluster), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), portIn(text)];
  return pid > 0 && port !== undefined ? { pid, port, isReady: lines[7]?.trim() === 'ready' } : undefined;
}

export function pidFileOf(cluster: Cluster): string {
  return join(cluster.folder, 'data', 'postmaster.pid');
}

/**
 * Whether the process's working directory is the data folder, as PostgreSQL's is. After a crash of a container
 * or machine, another program may have the pid in the file.
 */
async function isInData(cluster: Cluster, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true; // it cannot be verified
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(join(cluster.folder, 'data')));
  } catch (error) {
    return systemCode(error) === 'EACCES'; // another user's process; a zombie has no working directory
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
