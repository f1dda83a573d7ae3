/** The file of `audit --out`. */
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem } from '../errors.ts';
import type { BatchCheck } from '../results/check/check.ts';
import { checkCsv } from '../results/check/lines.ts';

/** Checks before a run what its end would find out, and changes nothing. @throws Problem `storage_unavailable` */
export async function refuseUnwritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile() && !found.isDirectory()) return; // a named pipe would end here for its reader
  try {
    if (found) await (await open(path, constants.O_WRONLY)).close();
    else await access(`${dirname(path)}/`, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes a line for each image. @throws Problem `storage_unavailable` */
export async function writeCheck(check: BatchCheck, path: string): Promise<void> {
  try {
    await using file = await open(path, 'w');
    for await (const text of checkCsv(check)) await file.writeFile(text);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): Problem {
  const why = (cause as Error).message;
  return new Problem('storage_unavailable', { detail: `${path} cannot be written: ${why}.`, cause });
}
