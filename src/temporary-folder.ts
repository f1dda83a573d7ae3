import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from './db/database.ts';
import { liveWorkers } from './queue/workers.ts';
import { HOUR_MS } from './units.ts';

const ABANDONED_AFTER_MS = HOUR_MS; // an upload in progress writes every few seconds
const DEAD_AFTER_MS = 600_000; // a worker of another database, which is not known here, makes its folder again

/** Where a worker keeps its temporary files, in the folder of all temporary files. */
export function workerFolder(folder: string, workerId: string): string {
  return join(folder, `worker-${workerId}`);
}

/**
 * Finds what killed processes left in the folder of temporary files: folders of workers and of uploads, and
 * scratch files.
 * @returns their paths
 */
export async function findLeftovers(folder: string, db: Db): Promise<string[]> {
  const names = await readdir(folder);
  const live = await liveWorkers(
    db,
    names.flatMap((name) => workerIn(name) ?? []),
  );
  const leftovers: string[] = [];
  for (const name of names) {
    const worker = workerIn(name);
    if (worker !== undefined && live.has(worker)) continue;
    const path = join(folder, name);
    const ageMs = Date.now() - (await changedAt(path));
    if (ageMs > (worker === undefined ? ABANDONED_AFTER_MS : DEAD_AFTER_MS)) leftovers.push(path);
  }
  return leftovers;
}

/** @returns how many leftovers were removed: folders and single files */
export async function removeLeftovers(folder: string, db: Db): Promise<number> {
  const leftovers = await findLeftovers(folder, db);
  for (const path of leftovers) await rm(path, { recursive: true, force: true });
  return leftovers.length;
}

function workerIn(name: string): string | undefined {
  return /^worker-([0-9a-f-]{36})$/.exec(name)?.[1];
}

/** When a file changed, or the newest file in a folder: a folder's own time changes with its names only. */
async function changedAt(path: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  const files = [path, ...names.map((name) => join(path, name))];
  const times = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return Math.max(...times.map((time) => time?.mtimeMs ?? Date.now())); // one that vanishes meanwhile is no leftover
}
