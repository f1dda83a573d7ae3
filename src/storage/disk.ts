import { createHash, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { KEY, partsOf, type StorageKey } from './keys.ts';
import { type Content, type Storage, StorageTrouble } from './storage.ts';

/**
 * Storage in a folder, using hard links if the file system has them. A file is durable before its name
 * appears: its creator calls fsync, then `put` links it (which fails for an existing name) and fsyncs the folder.
 */
export function diskStorage(root: string): Storage {
  return {
    async put(key, path, { bytes, sha256 }) {
      const target = pathOf(root, key);
      try {
        return (await putFile(target, path)) ?? { bytes, sha256 };
      } catch (error) {
        throw trouble(root, error);
      }
    },
    // Not durable until the next fsync of the folder: a power cut may restore files, which are harmless orphans.
    async remove(keys) {
      try {
        for (const key of keys) await rm(pathOf(root, key), { force: true });
      } catch (error) {
        throw trouble(root, error);
      }
    },
    bytesOf: async (key) => (await statOf(root, key))?.size,
    madeAt: async (key) => (await statOf(root, key))?.mtime,
    async list(cursor) {
      try {
        const folders = await foldersFrom(root, cursor);
        const [token, folder] = folders[0]?.split('/') ?? [];
        if (token === undefined || folder === undefined) return { keys: [], next: undefined };
        return { keys: await keysIn(root, token, folder), next: folders[1] };
      } catch (error) {
        throw trouble(root, error);
      }
    },
    localPath: (key: StorageKey) => pathOf(root, key),
    async probe() {
      const file = join(root, `.probe-${randomUUID()}`);
      try {
        await makeFolder(root);
        const handle = await open(file, 'wx');
        await handle.writeFile('minilab').finally(() => handle.close());
      } catch (error) {
        throw trouble(root, error);
      } finally {
        await rm(file, { force: true }).catch(() => {});
      }
    },
  };
}

async function statOf(root: string, key: StorageKey): Promise<Stats | undefined> {
  try {
    return await stat(pathOf(root, key));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw trouble(root, error);
  }
}

const TOKEN = /^[0-9a-f]{32}$/;
const FOLDER = /^[0-9a-v]{2}$/;
const PART = /^(.+)\.[0-9a-f-]{36}\.part$/;

/** The folders from the cursor on, in order: at least two, if there are as many. */
async function foldersFrom(root: string, cursor: string): Promise<string[]> {
  const found: string[] = [];
  for (const token of await namesIn(root, TOKEN)) {
    if (token < cursor.slice(0, token.length)) continue;
    const folders = (await namesIn(join(root, token), FOLDER)).map((folder) => `${token}/${folder}`);
    found.push(...folders.filter((folder) => folder >= cursor));
    if (found.length > 1) break;
  }
  return found;
}

async function keysIn(root: string, token: string, folder: string): Promise<StorageKey[]> {
  const names = await readdir(join(root, token, folder), { withFileTypes: true });
  return names.flatMap((entry) => {
    const key = `${token}/${entry.name.replace('.', '/')}`;
    const isOurs = KEY.test(PART.exec(key)?.[1] ?? key) && entry.name.startsWith(folder);
    return isOurs && entry.isFile() ? [key] : [];
  });
}

/** The names of the folders in a folder, in order. */
async function namesIn(folder: string, form: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && form.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

async function contentOf(path: string): Promise<Content | undefined> {
  // Renditions are small enough for memory: a decoder held them too.
  const file = await readFile(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return file && { bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') };
}

/** `{token}/{set id}/{file}` is stored as `{token}/{first two of set id}/{set id}.{file}`: no folder per image. */
export function pathOf(root: string, key: StorageKey): string {
  const { token, setId, file } = partsOf(key);
  return join(root, token, setId.slice(0, 2), `${setId}.${file}`);
}

/** @returns the content of an existing file; undefined if the new one was stored */
async function putFile(target: string, path: string): Promise<Content | undefined> {
  for (;;) {
    const result = await linkInFolder(path, target);
    const kept = result === 'kept' ? await contentOf(target) : undefined;
    if (result === 'kept' && kept === undefined) continue; // it was removed meanwhile
    await unlink(path);
    if (result === 'stored') await sync(dirname(target));
    return kept;
  }
}

async function linkInFolder(path: string, target: string): Promise<'stored' | 'kept'> {
  return linkNew(path, target).catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    await makeDurableFolder(dirname(target));
    return linkNew(path, target);
  });
}

/** A new folder is durable only after its new parents have been fsynced too. */
async function makeDurableFolder(folder: string): Promise<void> {
  const firstNew = await mkdir(folder, { recursive: true });
  if (firstNew === undefined) return;
  for (let above = dirname(folder); above.length >= dirname(firstNew).length; above = dirname(above))
    await sync(above);
}

async function linkNew(path: string, target: string): Promise<'stored' | 'kept'> {
  try {
    await link(path, target);
    return 'stored';
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return 'kept';
    if (systemCode(error) !== 'EXDEV' && systemCode(error) !== 'EPERM') throw error;
  }
  // Another file system, or one without hard links: copy to the target's folder first.
  const copy = `${target}.${randomUUID()}.part`;
  try {
    await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await sync(copy);
    await link(copy, target);
    return 'stored';
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return 'kept';
    throw error;
  } finally {
    await rm(copy, { force: true });
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

function trouble(root: string, error: unknown): StorageTrouble {
  const why = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'it is read-only',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ENOENT: 'nothing can be created there',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'a file with that name exists',
  }[systemCode(error) ?? ''];
  return new StorageTrouble(`${root} cannot be written: ${why ?? (error as Error).message}`, {
    cause: error,
  });
}
