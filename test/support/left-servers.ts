import { glob, readFile, readlink, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOKS = 100;
const PATIENT_LOOKS = 50; // 5 s, in which whoever ends in good order stops its own server
const LOOK_EVERY_MS = 100;

/** Stops the embedded servers below a folder: those of processes that were killed while they started. */
export async function stopLeftServers(folder: string): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1, await sleep(LOOK_EVERY_MS)) {
    const pids = await serversBelow(folder);
    if (pids.length === 0) return;
    if (look >= PATIENT_LOOKS) for (const pid of pids) process.kill(pid, 'SIGQUIT');
  }
}

async function serversBelow(folder: string): Promise<number[]> {
  const pids: number[] = [];
  for await (const path of glob('**/data/postmaster.pid', { cwd: folder })) {
    const file = join(folder, path);
    const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (await isInFolder(pid, dirname(file))) pids.push(pid);
  }
  return pids;
}

/** Tests write other process ids into such files too. */
async function isInFolder(pid: number, folder: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(folder));
  } catch {
    return false;
  }
}
