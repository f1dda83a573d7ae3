import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { copyFile, mkdir, readFile, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '../errors.ts';
import { NO_HARD_LINKS } from './disk-paths.ts';
import { hardLink } from './disk-probe.ts';
import type { Content } from './storage.ts';

/**
 * Moves a file of this machine to its target, durably.
 * @returns the content of an existing file; undefined if the new one was stored
 */
export async function putFile(target: string, path: string): Promise<Content | undefined> {
  for (;;) {
    const result = await linkInFolder(path, target);
    const kept = result === 'kept' ? await contentOf(target) : undefined;
    if (result === 'kept' && kept === undefined) continue; // it was removed meanwhile
    await sync(dirname(target)); // also of a file that is there: who put it may not have come so far
    await unlink(path); // last, so that a failure can be tried again
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
    await hardLink(path, target);
    return 'stored';
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return 'kept';
    if (systemCode(error) !== 'EXDEV' && systemCode(error) !== NO_HARD_LINKS) throw error;
  }
  // On another file system, or a file of another user, which may not be linked: copy to the target's folder first.
  const copy = `${target}.${randomUUID()}.part`;
  try {
    await copyFile(path, copy, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
    await sync(copy);
    await hardLink(copy, target);
    return 'stored';
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return 'kept';
    throw error;
  } finally {
    await rm(copy, { force: true });
  }
}

// Plain descriptors: a FileHandle for each folder costs as much as the three calls (bench/downloads.ts).
const open = promisify(fs.open);
const fsync = promisify(fs.fsync);
const close = promisify(fs.close);

async function sync(path: string): Promise<void> {
  const descriptor = await open(path, 'r');
  await fsync(descriptor).finally(() => close(descriptor));
}

async function contentOf(path: string): Promise<Content | undefined> {
  // Renditions are small enough for memory: a decoder held them too.
  const file = await readFile(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  return file && { bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') };
}
