import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** Why tests that look into other processes are skipped here, if so. */
export const NO_PROC = process.platform === 'linux' ? false : 'only Linux has /proc';

export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => Number(/\) \S (\d+)/.exec(stats[i] ?? '')?.[1]) === parent);
}

/** Whether a process has a file of just this size open; one that has ended has none. */
export async function hasOpenFileOf(pid: number, bytes: number): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const files = await Promise.all(
    names.map((name) => stat(`/proc/${pid}/fd/${name}`).catch(() => undefined)),
  );
  return files.some((file) => file?.isFile() && file.size === bytes);
}

/** Whether a process runs; one that ended may stay in the table until somebody asks for its end. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /\) [^ZX] /.test(stat);
}

/** What a program prints. Throws what it says where it fails. */
export async function runToEnd(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${err}`);
  return out;
}
