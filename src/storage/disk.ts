import { randomUUID } from 'node:crypto';
import { copyFile, type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFolders } from './disk-list.ts';
import { diskTrouble, pathOf, unlessGone } from './disk-paths.ts';
import { linkProbe, writeProbe } from './disk-probe.ts';
import { putFile } from './disk-put.ts';
import type { StorageKey } from './keys.ts';
import { type Look, REMOVE_WITHIN_MS, type Removal, type Storage, StorageTrouble } from './storage.ts';

export type DiskStorage = Storage & {
  /** Makes a file of its own at the path: a hard link where the file systems allow it, else a copy. */
  copyTo(key: StorageKey, path: string): Promise<void>;
};

/**
 * Storage in a folder, whose file system has hard links: nothing else gives a file a name that no reader sees before
 * the whole file, and that replaces no other one. A file is durable before its name appears: its creator calls fsync,
 * then `put` links it (which fails for an existing name) and fsyncs the folder.
 */
export function diskStorage(root: string): DiskStorage {
  /** Operations on one file take no time worth aborting, so signals are looked at before them. */
  async function doing<T>(what: 'read' | 'written', signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    return work().catch((error: unknown) => {
      throw signal.aborted ? signal.reason : diskTrouble(root, what, error);
    });
  }
  const reading = <T>(signal: AbortSignal, work: () => Promise<T>) => doing('read', signal, work);
  const writing = <T>(signal: AbortSignal, work: () => Promise<T>) => doing('written', signal, work);
  const look = async (key: StorageKey): Promise<Look | undefined> => {
    const stats = await unlessGone(stat(pathOf(root, key)), undefined);
    return stats && lookOf(stats);
  };
  return {
    name: root,
    wantsSynced: true,
    put: (key, { path, bytes, sha256 }, signal) =>
      writing(signal, async () => (await putFile(pathOf(root, key), path)) ?? { bytes, sha256 }),
    sizesOf: (keys, signal) =>
      reading(signal, () => Promise.all(keys.map(async (key) => (await look(key))?.bytes))),
    look: (key, signal) => reading(signal, () => look(key)),
    open: (key, signal, range) =>
      reading(signal, async () => {
        const handle = await unlessGone(open(pathOf(root, key)), undefined);
        return handle && opened(handle, range);
      }),
    remove: (keys, signal) => writing(signal, () => removeAll(root, keys, signal)),
    async *list(prefix, signal, after = '') {
      try {
        yield* listFolders(root, { prefix, after, signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : diskTrouble(root, 'read', error);
      }
    },
    copyTo: (key, path) => linkOrCopy(pathOf(root, key), path),
    probe: (signal) => writing(signal, () => writeProbe(root, linkProbe)),
    async close() {},
  };
}

function lookOf({ size, mtime }: Stats): Look {
  return { bytes: size, etag: `"${size.toString(16)}-${mtime.getTime().toString(16)}"`, modifiedAt: mtime };
}

async function opened(handle: FileHandle, range?: { from: number; to: number }) {
  try {
    const stats = await handle.stat();
    const content = handle.createReadStream(range && { start: range.from, end: range.to });
    return { ...lookOf(stats), content };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Not durable until the next fsync of the folder: a power cut may restore files, which are harmless orphans. */
async function removeAll(root: string, keys: readonly StorageKey[], signal: AbortSignal): Promise<Removal> {
  const until = performance.now() + REMOVE_WITHIN_MS;
  for (const key of keys) {
    signal.throwIfAborted();
    if (performance.now() > until)
      throw new StorageTrouble(`${root} takes too long to remove files`, { kind: 'weather' });
    await rm(pathOf(root, key), { force: true });
  }
  return 'certain';
}

/** A rename puts the file there whole or not at all. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  const unfinished = join(dirname(to), `half-${randomUUID()}`); // a suffix could make a long name too long
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, unfinished).catch(() => copyFile(from, unfinished));
    await rename(unfinished, to);
  } finally {
    await rm(unfinished, { force: true }); // a rename between two links of one file leaves both
  }
}
