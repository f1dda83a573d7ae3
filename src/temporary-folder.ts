import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db } from './db/database.ts';
import { systemCode } from './errors.ts';
import { liveWorkers } from './queue/workers.ts';
import { HOUR_MS } from './units.ts';

const ABANDONED_AFTER_MS = HOUR_MS; // an upload in progress writes every few seconds
const DEAD_AFTER_MS = 600_000; // a worker of another database, which is not known here, makes its folder again

/** Where a worker keeps its temporary files, in the folder of all temporary files. */
export function workerFolder(folder: string, workerId: string): string {
  return join(folder, `worker-${workerId}`);
}

/** Where the file of a kept upload is, in the folder of all temporary files. */
export function keptUploadFile(folder: string, uploadId: string): string {
  return join(folder, `kept-${uploadId}`);
}

/**
 * Finds what killed processes left in the folder of temporary files (folders of workers and of uploads, and
 * scratch files), and kept uploads that have expired.
 * @returns their paths
 */
export async function findLeftovers(folder: string, db: Db): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    return []; // nothing has started with this folder so far
  });
  const live = new Set([
    ...(await liveWorkers(
      db,
      names.flatMap((name) => workerIn(name) ?? []),
    )),
    ...(await liveUploads(
      db,
      names.flatMap((name) => uploadIn(name) ?? []),
    )),
  ]);
  const leftovers: string[] = [];
  for (const name of names) {
    const worker = workerIn(name);
    if (live.has(worker ?? uploadIn(name) ?? '')) continue;
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

function uploadIn(name: string): string | undefined {
  return /^kept-([0-9a-f-]{36})$/.exec(name)?.[1];
}

/** Which of these uploads are still kept. One that is being received may have no row; its file changes. */
async function liveUploads(db: Db, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ upload_id: string }>`
    select upload_id from uploads where upload_id = any(${ids}::uuid[]) and expires_at > now()`.execute(db);
  return new Set(rows.map(({ upload_id }) => upload_id));
}

/** When a file changed, or the newest file in a folder: a folder's own time changes with its names only. */
async function changedAt(path: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  const files = [path, ...names.map((name) => join(path, name))];
  const times = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return Math.max(...times.map((time) => time?.mtimeMs ?? Date.now())); // one that vanishes meanwhile is no leftover
}
