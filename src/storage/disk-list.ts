import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf, unlessGone } from './disk-paths.ts';
import { KEY, type StorageKey } from './keys.ts';
import type { Listed } from './storage.ts';

const TOKEN = /^[0-9a-f]{32}$/;
const FOLDER = /^[0-9a-v]{2}$/;
const PART = /^(.+)\.[0-9a-f-]{36}\.part$/;

/**
 * One page for each folder `{token}/{first two of set id}`, which is a range of keys: so the order of folders is
 * that of the keys in them.
 */
export async function* listFolders(
  root: string,
  { prefix, after, signal }: { prefix: string; after: string; signal: AbortSignal },
): AsyncGenerator<Listed[]> {
  const mayHold = (start: string): boolean =>
    (start.startsWith(prefix) || prefix.startsWith(start)) && start >= after.slice(0, start.length);
  for (const token of await foldersIn(root, TOKEN)) {
    if (!mayHold(`${token}/`)) continue;
    for (const folder of await unlessGone(foldersIn(join(root, token), FOLDER), [])) {
      signal.throwIfAborted();
      if (!mayHold(`${token}/${folder}`)) continue;
      const keys = await keysIn(root, token, folder);
      const page = await statAll(
        root,
        keys.filter((key) => key > after && key.startsWith(prefix)),
      );
      if (page.length > 0) yield page;
    }
  }
}

async function keysIn(root: string, token: string, folder: string): Promise<StorageKey[]> {
  const entries: Dirent[] = await unlessGone(readdir(join(root, token, folder), { withFileTypes: true }), []);
  const keys = entries.flatMap((entry) => {
    const key = `${token}/${entry.name.replace('.', '/')}`;
    const isOurs = KEY.test(PART.exec(key)?.[1] ?? key) && entry.name.startsWith(folder);
    return isOurs && entry.isFile() ? [key] : [];
  });
  return keys.toSorted(byBytes);
}

/** Keys are ASCII, so their order as texts is that of their bytes. */
function byBytes(a: StorageKey, b: StorageKey): number {
  return a < b ? -1 : 1;
}

async function statAll(root: string, keys: StorageKey[]): Promise<Listed[]> {
  const found = await Promise.all(
    keys.map(async (key): Promise<Listed | undefined> => {
      const stats = await unlessGone(stat(pathOf(root, key)), undefined);
      return stats && { key, bytes: stats.size, modifiedAt: stats.mtime };
    }),
  );
  return found.filter((file) => file !== undefined);
}

/** A root that is missing is an error: its disk may not be mounted. */
async function foldersIn(folder: string, form: RegExp): Promise<string[]> {
  return (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && form.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}
