/**
 * Disk space reserved for the bundled server. It writes a little when it starts, which would fail on a full
 * disk; then nobody could query batches, or delete some.
 */
import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const BYTES = 16 * 2 ** 20;

/** Before a start: frees the reserve if the disk is full. */
export async function openReserve(folder: string): Promise<void> {
  if ((await freeBytes(folder)) < BYTES) await rm(reserveOf(folder), { force: true });
}

/** After a start: reserves the space again, if there is plenty. */
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
