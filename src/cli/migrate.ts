import { readConfig } from '../config.ts';
import { databaseProblem } from '../db/connect.ts';
import { openForMigration } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openConfiguredDatabase } from '../services.ts';
import { migrateQueue } from '../queue/queue.ts';
import { EXIT, plural, say } from './output.ts';

/** `minilab migrate`: brings the schema up to this version, as every start does, and says what it did. */
export async function migrateSchema(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const configured = await openConfiguredDatabase(readConfig(), 'migrate');
  stack.defer(configured.close);
  const database = openForMigration(configured.url);
  stack.defer(() => database.db.destroy());
  try {
    const done = await migrate(database.db, {
      onDone: (name, ms) => say(`${name}: done in ${(ms / 1000).toFixed(1)} s.`),
      onWait: (name) => say(`${name}: waits until the tables that it changes are free …`),
    });
    const queue = await migrateQueue(database);
    say(done.length === 0 ? 'The schema is up to date.' : `${plural(done.length, 'migration')} done.`);
    if (queue.from !== queue.to) say(`The queue's own schema: ${versions(queue)}.`);
  } catch (error) {
    throw databaseProblem(error, configured.url) ?? error;
  }
  return EXIT.ok;
}

function versions({ from, to }: { from: number | undefined; to: number }): string {
  return from === undefined ? `made, version ${to}` : `from version ${from} to ${to}`;
}
