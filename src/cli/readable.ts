import type { FileHandle } from 'node:fs/promises';
import { Problem, systemCode } from '../errors.ts';
import { NotAFile, openRegularFile } from '../files.ts';

/** @param wanted such as 'a CSV file', for the sentence @throws Problem `file_unreadable` */
export async function openReadable(file: string, wanted: string): Promise<FileHandle> {
  try {
    return await openRegularFile(file);
  } catch (error) {
    throw new Problem('file_unreadable', {
      detail: `${file} ${whyUnreadable(error)}. Give the path of ${wanted}.`,
      cause: error,
    });
  }
}

/**
 * @param wanted such as 'a preset in JSON'
 * @param invalid the code of a file that is not JSON
 * @throws Problem `file_unreadable`, and `invalid`
 */
export async function readJson(
  file: string,
  wanted: string,
  invalid: 'preset_invalid' | 'channel_invalid',
): Promise<unknown> {
  await using opened = await openReadable(file, wanted);
  const text = await opened.readFile('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Problem(invalid, { detail: `${file} is not JSON: ${(error as Error).message}.`, cause: error });
  }
}

/** Checks a file like openReadable, and closes it: a decoder opens it later. */
export async function refuseUnreadable(file: string, wanted: string): Promise<void> {
  await (await openReadable(file, wanted)).close();
}

function whyUnreadable(error: unknown): string {
  if (error instanceof NotAFile) return `is not a file: ${error.message}`;
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (code ?? String(error));
  return `cannot be read: ${why}`;
}
