import { randomUUID } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { diskTrouble, NO_HARD_LINKS } from './disk-paths.ts';
import type { Storage } from './storage.ts';

/** A folder in which files are written and no more, so that its file system needs no hard links. */
export function plainFolder(root: string): Pick<Storage, 'probe'> {
  return {
    async probe(signal) {
      signal.throwIfAborted();
      await writeProbe(root).catch((error: unknown) => {
        throw diskTrouble(root, 'written', error);
      });
    },
  };
}

/** @param then is done with the file, and leaves no other one */
export async function writeProbe(root: string, then?: (file: string) => Promise<void>): Promise<void> {
  const file = join(root, `.probe-${randomUUID()}`);
  try {
    await makeFolder(root);
    const handle = await open(file, 'wx');
    await handle.writeFile('minilab').finally(() => handle.close());
    await then?.(file);
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** What file systems answer that have no hard links, for a file of one's own. */
const REFUSALS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** @throws an error with the code NO_HARD_LINKS, where the file system has none */
export async function hardLink(own: string, target: string): Promise<void> {
  await link(own, target).catch((error: unknown) => {
    if (!REFUSALS.has(systemCode(error) ?? '')) throw error;
    throw Object.assign(new Error('no hard links', { cause: error }), { code: NO_HARD_LINKS });
  });
}

export async function linkProbe(file: string): Promise<void> {
  const other = `${file}-2`;
  await hardLink(file, other);
  await rm(other, { force: true });
}
