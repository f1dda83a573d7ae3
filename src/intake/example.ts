import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';
import { openRegularFile } from '../files.ts';

const MAX_BYTES = 2 ** 20; // it is kept in memory

/**
 * The CSV of EXAMPLE_CSV, read once: what is offered can then always be had.
 * @throws Problem `bad_settings`
 */
export async function readExample({ exampleCsv: path }: Config): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    await using file = await openRegularFile(path);
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error('it is larger than 1 MiB');
    return await file.readFile();
  } catch (error) {
    const why = (error as Error).message;
    throw new Problem('bad_settings', { detail: `EXAMPLE_CSV cannot be read: ${why}.`, cause: error });
  }
}
