import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { pathOf } from './disk.ts';

/**
 * Moves files to where they lie now: the first version kept `{token}/{hash16}/{file}` at just this path.
 * It costs one look into a tenant's folder when there are none. Several processes may do it at once, and
 * one that is killed leaves the rest to the next start.
 * @returns how many were moved
 */
export async function adoptOldLayout(root: string): Promise<number> {
  let moved = 0;
  for (const token of await foldersIn(root, /^[0-9a-f]{32}$/))
    for (const hash16 of await foldersIn(join(root, token), /^[0-9a-v]{16}$/))
      moved += await moveFolder(root, `${token}/${hash16}`);
  return moved;
}

async function moveFolder(root: string, folder: string): Promise<number> {
  let moved = 0;
  for (const file of await namesIn(join(root, folder))) {
    const key = `${folder}/${file}`;
    await mkdir(join(pathOf(root, key), '..'), { recursive: true });
    moved += await unlessGone(
      rename(join(root, key), pathOf(root, key)).then(() => 1),
      0,
    );
  }
  await unlessGone(rmdir(join(root, folder)), undefined);
  return moved;
}

async function foldersIn(folder: string, pattern: RegExp): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => pattern.test(name));
}

function namesIn(folder: string): Promise<string[]> {
  return unlessGone(readdir(folder), []);
}

/** What another process has moved meanwhile is well. */
async function unlessGone<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
