/** Failures on our side: the same request will succeed later. */
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

/** The problem for an error of the database, storage or disk; undefined if the error is a bug. */
export function troubleOf(error: unknown): Problem | undefined {
  const why = diskTrouble(error);
  if (why !== undefined)
    return new Problem('storage_unavailable', {
      detail: `Files cannot be written or read at the moment: ${why}. Send the request again later.`,
      cause: error,
    });
  if (!isPassingTrouble(error)) return undefined;
  return new Problem('database_unavailable', {
    detail: 'The database is unreachable or read-only at the moment. Send the request again later.',
    cause: error,
  });
}

/** The reason if an error comes from a file operation; `connect` is a socket's. */
function diskTrouble(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const { code = '', syscall } = cause as NodeJS.ErrnoException;
    if (syscall !== undefined && syscall !== 'connect' && WHY[code]) return WHY[code];
    if (cause instanceof StorageTrouble) return cause.message;
  }
  return undefined;
}
