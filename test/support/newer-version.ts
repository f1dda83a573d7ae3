import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const NEWER_MIGRATION = '9999_newer';

/** Settings that make a program a newer version, which has a migration more. @param worksWith the oldest version that may work beside it */
export function newerVersion(worksWith: string): { NODE_OPTIONS: string } {
  const program = pathToFileURL(join(import.meta.dirname, '..', 'programs', 'newer-version.ts'));
  program.searchParams.set('works-with', worksWith);
  return { NODE_OPTIONS: `--import=${program.href}` };
}
