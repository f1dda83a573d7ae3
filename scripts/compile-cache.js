import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Commands that run for long, and often as a user whose files nobody else should be able to plant code in. */
const SERVICES = new Set(['serve', 'worker']);

/**
 * Keeps the compiled form of the program, which a command loads in two thirds of the time. It is a folder of the user
 * alone, because what is in it is run. Without one that can be written, the program is compiled as ever.
 * @param {string | undefined} command the first argument
 */
export function keepCompiled(command) {
  if (command === undefined || SERVICES.has(command)) return;
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  enableCompileCache(join(caches, 'minilab', 'compiled'));
}
