import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf, unlessGone } from './disk-paths.ts';

/**
 * Moves files of the first version, which kept `{token}/{set id}/{file}` at exactly this path. Without such
 * files it costs one look into each tenant's folder. Several processes may do it at once; the next start
 * continues after a kill.
 * @returns the number of files moved
 */
export async function adoptOldLayout(root: string): Promise<number> {
  let moved = 0;
  for (const token of await foldersIn(root, /^[0-9a-f]{32}$/))
    for (const setId of await foldersIn(join(root, token), /^[0-9a-v]{16}$/))
      moved += await moveFolder(root, `${token}/${setId}`);
  return moved;
}

async function moveFolder(root: string, folder: string): Promise<number> {
  let moved = 0;
  for (const file of await namesIn(join(root, folder))) {
    const key = `${folder}/${file}`;
    await mkdir(join(pathOf(root, key), '..'), { recursive: true });
    // another process may have moved it meanwhile
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
