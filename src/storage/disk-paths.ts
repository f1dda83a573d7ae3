import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { partsOf, type StorageKey } from './keys.ts';
import { StorageTrouble, type TroubleKind } from './storage.ts';

/** `{token}/{set id}/{file}` is stored as `{token}/{first two of set id}/{set id}.{file}`: no folder per image. */
export function pathOf(root: string, key: StorageKey): string {
  const { token, setId, file } = partsOf(key);
  return join(root, token, setId.slice(0, 2), `${setId}.${file}`);
}

const REASONS: Record<string, [kind: TroubleKind, why: string]> = {
  ENOSPC: ['full', 'the disk is full'],
  EDQUOT: ['full', 'the disk quota is used up'],
  EROFS: ['unwritable', 'it is read-only'],
  EACCES: ['unwritable', 'permission denied'],
  EPERM: ['unwritable', 'permission denied'],
  ENOENT: ['unwritable', 'nothing can be created there'],
  ENOTDIR: ['unwritable', 'a part of the path is a file'],
  EEXIST: ['unwritable', 'a file with that name exists'],
};

export function diskTrouble(root: string, error: unknown): StorageTrouble {
  if (error instanceof StorageTrouble) return error;
  const [kind, why] = REASONS[systemCode(error) ?? ''] ?? ['weather', (error as Error).message];
  return new StorageTrouble(`${root} cannot be written: ${why}`, { kind, cause: error });
}
