import { readConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openConfiguredDatabase, unreachable } from '../foundation.ts';
import { EXIT, plural, say } from './output.ts';

/** `minilab migrate`: brings the schema up to this version, as every start does. */
export async function migrateSchema(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const database = await openConfiguredDatabase(readConfig(), 'migrate');
  stack.defer(database.close);
  const { db } = openDatabase(database.url);
  stack.defer(() => db.destroy());
  const done = await migrate(db).catch((error: unknown) => {
    throw unreachable(error, database.url) ?? error;
  });
  say(
    done.length === 0
      ? 'The schema is up to date.'
      : `${plural(done.length, 'migration')} done: ${done.join(', ')}.`,
  );
  return EXIT.ok;
}
