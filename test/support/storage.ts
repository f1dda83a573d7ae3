import type { Config } from '../../src/config.ts';
import { pathOf } from '../../src/storage/disk-paths.ts';
import type { StorageKey } from '../../src/storage/keys.ts';

/** The folder that files are stored in. */
export function folderOf({ storage }: Config): string {
  if (storage.is !== 'folder') throw new Error('these tests store files in a folder');
  return storage.path;
}

export function pathIn(config: Config, key: StorageKey): string {
  return pathOf(folderOf(config), key);
}
