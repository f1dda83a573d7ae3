/**
 * The address of a database of the embedded server names the server's folder, because a server that was
 * started again may listen on another port than the one that the address was made with.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'embedded'; // a parameter that PostgreSQL's drivers do not know, and leave alone

/** @param folder of the cluster */
export function embeddedAddress(folder: string, { port, ...rest }: { port: number } & Login): string {
  const url = new URL(`postgres://${rest.user}:${rest.password}@127.0.0.1:${port}/${rest.database}`);
  url.searchParams.set(FOLDER, folder);
  return url.href;
}

type Login = { user: string; password: string; database: string };

/** Where the server of an address listens now, as far as is known. */
export function addressNow(address: string): string {
  const url = URL.parse(address);
  const folder = url?.searchParams.get(FOLDER);
  if (!url || !folder) return address;
  const port = portIn(readPidFile(folder));
  if (port !== undefined) url.port = String(port);
  url.searchParams.delete(FOLDER);
  return url.href;
}

function readPidFile(folder: string): string {
  try {
    return readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8');
  } catch {
    return ''; // it is not running just now
  }
}

/** postmaster.pid: line 1 the process id, line 4 the port (PostgreSQL manual, 66.1). It may be half written. */
export function portIn(pidFile: string): number | undefined {
  const port = /^(?:[^\n]*\n){3}(\d{1,5})\n/.exec(pidFile)?.[1];
  return port === undefined || Number(port) === 0 ? undefined : Number(port);
}
