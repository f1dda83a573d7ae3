import { readConfig } from '../config.ts';
import { connectDatabase, databaseProblem } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';
import { openConfiguredDatabase } from '../foundation.ts';
import { EXIT, plural, say } from './output.ts';

/** `minilab migrate`: brings the schema up to this version, as every start does. */
export async function migrateSchema(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const database = await openConfiguredDatabase(readConfig(), 'migrate');
  stack.defer(database.close);
  const { db } = await connectDatabase(database.url);
  stack.defer(() => db.destroy());
  const done = await migrate(db).catch((error: unknown) => {
    throw databaseProblem(error, database.url) ?? error;
  });
  say(
    done.length === 0
      ? 'The schema is up to date.'
      : `${plural(done.length, 'migration')} done: ${done.join(', ')}.`,
  );
  return EXIT.ok;
}
