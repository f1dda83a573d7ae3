/**
 * The address of a database on the bundled server contains the server's folder, because the server may listen
 * on another port after a restart.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'embedded'; // a parameter that PostgreSQL drivers ignore

/** @param folder the cluster's folder */
export function embeddedAddress(folder: string, { port, ...rest }: { port: number } & Login): string {
  const url = new URL(`postgres://${rest.user}:${rest.password}@127.0.0.1:${port}/${rest.database}`);
  url.searchParams.set(FOLDER, folder);
  return url.href;
}

type Login = { user: string; password: string; database: string };

/** An address with the current port, if the bundled server runs; other addresses unchanged. */
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
    return ''; // the server is not running
  }
}

/** postmaster.pid: line 1 the process id, line 4 the port (PostgreSQL manual, 66.1). The file may be half written. */
export function portIn(pidFile: string): number | undefined {
  const port = /^(?:[^\n]*\n){3}(\d{1,5})\n/.exec(pidFile)?.[1];
  return port === undefined || Number(port) === 0 ? undefined : Number(port);
}
