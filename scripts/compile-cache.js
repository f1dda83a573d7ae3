import { mkdirSync, statSync } from 'node:fs';
import module from 'node:module'; // whole: Node 20, on which the launcher runs too, has no enableCompileCache
import { homedir } from 'node:os';
import { join } from 'node:path';

/** They run for long, and should run nothing that whoever breaks into a decoder could have written. */
const SERVICES = new Set(['serve', 'worker']);
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Keeps the compiled form of the program, which a command then loads in two thirds of the time. Without a folder that
 * this user alone can write, the program is compiled as ever: what is in it is run.
 * @param {string | undefined} command the first argument
 */
export function keepCompiled(command) {
  if (command === undefined || SERVICES.has(command)) return;
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(caches, 'minilab', 'compiled');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if ([caches, folder].every(isOurs)) module.enableCompileCache(folder);
  } catch {
    // It cannot be created.
  }
}

/** With sudo, the home may be somebody else's. @param {string} folder */
function isOurs(folder) {
  const { uid, mode } = statSync(folder);
  return process.getuid === undefined || (uid === process.getuid() && (mode & WRITABLE_BY_OTHERS) === 0);
}
