import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from './db/database.ts';
import { liveWorkers } from './queue/workers.ts';

const ABANDONED_AFTER_MS = 3_600_000; // an upload that is under way writes every few seconds
const DEAD_AFTER_MS = 600_000; // a worker of another database makes its folder again

/**
 * What killed processes left in the folder for temporary files: folders of workers and of uploads, and
 * scratch files.
 */
export async function findLeftovers(folder: string, db: Db): Promise<string[]> {
  const names = await readdir(folder);
  const live = await liveWorkers(db, names.flatMap(workerOf));
  const leftovers: string[] = [];
  for (const name of names) {
    const [worker] = workerOf(name);
    if (worker !== undefined && live.has(worker)) continue;
    const path = join(folder, name);
    const ageMs = Date.now() - (await changedAt(path));
    if (ageMs > (worker === undefined ? ABANDONED_AFTER_MS : DEAD_AFTER_MS)) leftovers.push(path);
  }
  return leftovers;
}

export async function removeLeftovers(folder: string, db: Db): Promise<void> {
  for (const path of await findLeftovers(folder, db)) await rm(path, { recursive: true, force: true });
}

function workerOf(name: string): string[] {
  return /^worker-([0-9a-f-]{36})$/.exec(name)?.slice(1) ?? [];
}

/** Of a file, or of what changed last in a folder: its own time tells of new names only, not of what is written. */
async function changedAt(path: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  const files = [path, ...names.map((name) => join(path, name))];
  const times = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return Math.max(...times.map((time) => time?.mtimeMs ?? Date.now())); // what is going just now is no leftover
}
