import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/** What is under a path and is no regular file: reading it may never end, or wait for ever. */
export class NotAFile extends Error {
  override readonly name = 'NotAFile';
}

/**
 * Opens a regular file for reading. The kind is looked up of what was opened, so that nothing can change
 * in between; a named pipe without a writer does not hold the opening (O_NONBLOCK).
 * @throws NotAFile; errors of the system
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    async (error: unknown) => {
      if (systemCode(error) !== 'ENXIO') throw error; // a socket cannot be opened at all
      throw new NotAFile(kindOf(await stat(path)), { cause: error });
    },
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new NotAFile(kindOf(stats));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'it is a folder';
  if (stats.isFIFO()) return 'it is a named pipe';
  if (stats.isSocket()) return 'it is a socket';
  return 'it is a device';
}

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where mkdir answers ENOENT
 * although the folder above is there, as /proc does (node 26).
 */
export async function makeFolder(path: string): Promise<void> {
  const code = await mkdir(path).then(() => undefined, systemCode);
  if (code === undefined || (code === 'EEXIST' && (await isFolder(path)))) return;
  const above = dirname(path);
  if (code === 'ENOENT' && above !== path && !(await isFolder(above))) await makeFolder(above);
  await mkdir(path).catch(async (error: unknown) => {
    if (systemCode(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
