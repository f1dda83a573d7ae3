import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/** The path is not a regular file: reading it may block for ever, or never end. */
export class NotAFile extends Error {
  override readonly name = 'NotAFile';
}

/**
 * Opens a regular file for reading. The type of the opened handle is checked, so that there is no race;
 * O_NONBLOCK keeps a named pipe without a writer from blocking.
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
 * Creates a folder and its parents. Node's own `recursive` never returns if mkdir fails with ENOENT although
 * the parent exists, as in /proc (Node 26).
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

/** Whether a folder exists at the path. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** The beginning of a text, at most `bytes` long in UTF-8, cut between characters. */
export function shortened(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
