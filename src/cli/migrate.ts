import { readConfig } from '../config.ts';
import { databaseProblem } from '../db/connect.ts';
import { openForMigration } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openConfiguredDatabase } from '../services.ts';
import { migrateQueue } from '../queue/queue.ts';
import { EXIT, plural, say } from './output.ts';

/** `minilab migrate`: migrates the schema to this version, as every start does, and reports each step. */
export async function migrateSchema(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const configured = await openConfiguredDatabase(readConfig(), 'migrate');
  stack.defer(configured.close);
  const database = openForMigration(configured.url);
  stack.defer(() => database.db.destroy());
  try {
    const done = await migrate(database.db, {
      onDone: (name, ms) => say(`${name}: done in ${(ms / 1000).toFixed(1)} s.`),
      onWait: (name) => say(`${name}: waiting for locks on the tables that it changes …`),
    });
    const queue = await migrateQueue(database);
    say(done.length === 0 ? 'The schema is up to date.' : `${plural(done.length, 'migration')} applied.`);
    if (queue.from !== queue.to) say(`The schema of the queue: ${versions(queue)}.`);
  } catch (error) {
    throw databaseProblem(error, configured.url) ?? error;
  }
  return EXIT.ok;
}

function versions({ from, to }: { from: number | undefined; to: number }): string {
  return from === undefined ? `created, version ${to}` : `migrated from version ${from} to ${to}`;
}
