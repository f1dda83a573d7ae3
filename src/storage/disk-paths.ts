import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { partsOf, type StorageKey } from './keys.ts';
import { StorageTrouble, type TroubleKind } from './storage.ts';

/** `{token}/{set id}/{file}` is stored as `{token}/{first two of set id}/{set id}.{file}`: no folder per image. */
export function pathOf(root: string, key: StorageKey): string {
  const { token, setId, file } = partsOf(key);
  return join(root, token, setId.slice(0, 2), `${setId}.${file}`);
}

/** Resolves with `otherwise` where there is no such file. */
export async function unlessGone<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  return work.catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return otherwise;
    throw error;
  });
}

/** The code of an error of ours: a file can be placed without replacing another one by a hard link only. */
export const NO_HARD_LINKS = 'NO_HARD_LINKS';

const REASONS: Record<string, [kind: TroubleKind, why: string]> = {
  ENOSPC: ['full', 'the disk is full'],
  EDQUOT: ['full', 'the disk quota is used up'],
  EROFS: ['unusable', 'it is read-only'],
  EACCES: ['unusable', 'permission denied'],
  EPERM: ['unusable', 'permission denied'],
  ENOENT: ['unusable', 'nothing can be created there'],
  ENOTDIR: ['unusable', 'a part of the path is a file'],
  [NO_HARD_LINKS]: ['unusable', 'its file system has no hard links, which storage needs'],
  EEXIST: ['unusable', 'a file with that name exists'],
};

/** @param doing what failed: `{root} cannot be …` */
export function diskTrouble(root: string, doing: 'read' | 'written', error: unknown): StorageTrouble {
  if (error instanceof StorageTrouble) return error;
  const code = systemCode(error) ?? '';
  const [kind, why] = REASONS[code] ?? ['weather', (error as Error).message];
  return new StorageTrouble(
    `${root} cannot be ${doing}: ${code === 'ENOENT' && doing === 'read' ? 'it does not exist' : why}`,
    { kind, cause: error },
  );
}
