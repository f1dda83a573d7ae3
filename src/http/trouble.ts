/** Trouble of ours, and of no request: the same request will do later. */
import { isPassingTrouble } from '../db/database.ts';
import { causesOf, Problem } from '../errors.ts';
import { StorageTrouble } from '../storage/storage.ts';

const WHY: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EIO: 'the disk has an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'a folder is missing',
  ENOTDIR: 'a folder is missing',
  ESTALE: 'a folder is missing',
  ENODEV: 'the disk is missing',
  ENXIO: 'the disk is missing',
};

/** The problem of a database, a storage or a disk that fails just now; undefined for what is a bug. */
export function troubleOf(error: unknown): Problem | undefined {
  const why = diskTrouble(error);
  if (why !== undefined)
    return new Problem('storage_unavailable', {
      detail: `Files cannot be written or read just now: ${why}. Send the request again when there is room, or in a while.`,
      cause: error,
    });
  if (!isPassingTrouble(error)) return undefined;
  return new Problem('database_unavailable', {
    detail: 'The database cannot be reached, or cannot write, just now. Send the request again in a while.',
    cause: error,
  });
}

/** Of an error of Node's on a file; `connect` is of a socket. */
function diskTrouble(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const { code = '', syscall } = cause as NodeJS.ErrnoException;
    if (syscall !== undefined && syscall !== 'connect' && WHY[code]) return WHY[code];
    if (cause instanceof StorageTrouble) return cause.message;
  }
  return undefined;
}
