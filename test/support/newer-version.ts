import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROGRAM_OF_RUN, PROGRAM_OF_SOURCES } from './minilab.ts';

export const NEWER_MIGRATION = '9999_newer';

/** Settings that make a program a newer version, which has a migration more. @param worksWith the oldest version that may work beside it */
export function newerVersion(worksWith: string): Record<string, string> {
  const program = pathToFileURL(join(import.meta.dirname, '..', 'programs', 'newer-version.ts'));
  program.searchParams.set('works-with', worksWith);
  // From the sources: a bundle has its migrations in it.
  return { NODE_OPTIONS: `--import=${program.href}`, [PROGRAM_OF_RUN]: PROGRAM_OF_SOURCES };
}
