import { readConfig } from '../config.ts';
import { bringUpToDate, openConfiguredDatabase, unreachable } from '../foundation.ts';
import { EXIT, plural, say } from './output.ts';

/** `minilab migrate`: brings the schema up to this version, as every start does. */
export async function migrateSchema(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const database = await openConfiguredDatabase(readConfig(), 'migrate');
  stack.defer(database.close);
  const done = await bringUpToDate(database.url).catch((error: unknown) => {
    throw unreachable(error, database.url) ?? error;
  });
  say(
    done.length === 0
      ? 'The schema is up to date.'
      : `${plural(done.length, 'migration')} done: ${done.join(', ')}.`,
  );
  return EXIT.ok;
}
