/**
 * Room that is kept for the embedded server. It writes a little when it starts, and on a full disk it would
 * not; then nobody could see what there is, or delete some of it.
 */
import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const BYTES = 16 * 2 ** 20;

/** Before a start: a disk that is full gets the room. */
export async function openReserve(folder: string): Promise<void> {
  if ((await freeBytes(folder)) < BYTES) await rm(reserveOf(folder), { force: true });
}

/** After a start: the room is put by again, where there is plenty. */
export async function keepReserve(folder: string): Promise<void> {
  const isThere = await stat(reserveOf(folder)).catch(() => undefined);
  if (isThere || (await freeBytes(folder)) < 4 * BYTES) return;
  await writeFile(reserveOf(folder), Buffer.alloc(BYTES)).catch(() => rm(reserveOf(folder), { force: true }));
}

function reserveOf(folder: string): string {
  return join(folder, 'reserve');
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
