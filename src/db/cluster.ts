import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  cp,
  link,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { linkPostgresLibraries, postgresPrograms } from '../../scripts/link-postgres.js';
import { Problem } from '../errors.ts';

/** The folder of one bundled PostgreSQL, and the user that it runs as. */
export type Cluster = {
  /** contains `data`, `password`, `start.lock`, `reserve`, `server.log`, and `programs` if they had to be copied */
  folder: string;
  /** contains bin, lib and share */
  programs: string;
  /** the unprivileged user, set only for root, because PostgreSQL refuses to run as root */
  owner: { uid: number; gid: number } | undefined;
  password: string;
};

export const SUPERUSER = 'minilab';

// Data folders are incompatible across major versions: changing this needs a way to migrate the data.
const MAJOR = '18';
const NOBODY = { uid: 65534, gid: 65534 };
const run = promisify(execFile);

/**
 * Prepares the bundled PostgreSQL's folder in `dataDir`, with initdb if it is new. Several processes may do so
 * at once: the first to rename its finished folder wins.
 */
export async function prepareCluster(dataDir: string): Promise<Cluster> {
  const native = postgresPrograms();
  if (!native)
    throw new Problem('database_unavailable', {
      detail: `There is no bundled PostgreSQL for ${process.platform} ${process.arch}. Use your own server with DATABASE_URL=postgres://user:password@host/database.`,
    });
  linkPostgresLibraries();
  const owner = process.getuid?.() === 0 ? NOBODY : undefined;
  const folder = await clusterFolder(dataDir, owner);
  const programs = await reachablePrograms(native, folder, owner);
  await initialise({ folder, programs, owner });
  await refuseOtherMajor(folder);
  return { folder, programs, owner, password: await readFile(join(folder, 'password'), 'utf8') };
}

/**
 * `DATA_DIR/postgres`. For root, if the unprivileged user cannot enter a parent of it (such as /root), the
 * folder is created in /var/lib/minilab, and `DATA_DIR/postgres` links to it.
 */
async function clusterFolder(dataDir: string, owner: Cluster['owner']): Promise<string> {
  const folder = join(dataDir, 'postgres');
  const linked = await readlink(folder).catch(() => undefined);
  const target =
    linked ??
    (owner && !(await othersMayEnter(dataDir))
      ? join('/var/lib/minilab', randomBytes(8).toString('hex'))
      : folder);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await mkdir(target, { recursive: true, mode: 0o700 });
  if (owner) await chown(target, owner.uid, owner.gid);
  if (linked !== undefined || target === folder) return target;
  try {
    await symlink(target, folder);
    return target;
  } catch {
    await rm(target, { recursive: true }); // another process linked it at the same moment
    return realpath(folder);
  }
}

/** Whether any user may enter every folder on the way to `path`. */
async function othersMayEnter(path: string): Promise<boolean> {
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function reachablePrograms(native: string, folder: string, owner: Cluster['owner']): Promise<string> {
  if (!owner || (await othersMayEnter(native))) return native;
  const copy = join(folder, 'programs');
  if (await exists(join(copy, 'bin', 'postgres'))) return copy;
  const half = unfinished(copy);
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  await renameUnlessThere(half, copy);
  return copy;
}

/** initdb into a folder of another name, so that a `data` folder is always a finished one. */
async function initialise({ folder, programs, owner }: Omit<Cluster, 'password'>): Promise<void> {
  if (await exists(join(folder, 'data', 'PG_VERSION'))) return;
  const passwordFile = join(folder, 'password');
  await writePassword(passwordFile, owner);
  const half = unfinished(join(folder, 'data'));
  const options = ['-D', half, '-U', SUPERUSER, '-A', 'scram-sha-256', '--pwfile', passwordFile];
  try {
    await run(join(programs, 'bin', 'initdb'), [...options, '--no-locale', '-E', 'UTF8'], {
      cwd: folder,
      env: { LC_ALL: 'C' },
      ...owner,
    });
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw new Problem('database_unavailable', {
      detail: `The embedded PostgreSQL could not make its data folder in ${folder}: ${lastLine(error)}`,
      cause: error,
    });
  }
  await renameUnlessThere(half, join(folder, 'data'));
}

/** One password for all who start at the same moment: written under another name, then linked. */
async function writePassword(path: string, owner: Cluster['owner']): Promise<void> {
  const half = unfinished(path);
  await writeFile(half, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (owner) await chown(half, owner.uid, owner.gid);
  await link(half, path).catch(unlessThere);
  await rm(half);
}

function unfinished(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}`;
}

async function refuseOtherMajor(folder: string): Promise<void> {
  const version = (await readFile(join(folder, 'data', 'PG_VERSION'), 'utf8')).trim();
  if (version === MAJOR) return;
  throw new Problem('database_unavailable', {
    detail: `${folder} was made by PostgreSQL ${version}, and this Minilab brings PostgreSQL ${MAJOR}. Start the Minilab that made it, dump the database with pg_dump, and load the dump into a new DATA_DIR; or choose another DATA_DIR.`,
  });
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    await rm(from, { recursive: true, force: true });
    if (!(await exists(to))) throw error;
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').slice(-2).join(' ');
}
