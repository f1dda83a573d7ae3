import { readConfig } from '../config.ts';
import { connectDatabase, databaseProblem } from '../db/connect.ts';
import type { Db } from '../db/database.ts';
import { openConfiguredDatabase, prepareSchema } from '../services.ts';

/** Runs a command on the configured database, migrated. The bundled server may be in use by `serve`. */
export async function withDatabase<T>(command: string, work: (db: Db) => Promise<T>): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const config = readConfig();
  const database = await openConfiguredDatabase(config, command);
  stack.defer(database.close);
  const { db } = await connectDatabase(database.url);
  stack.defer(() => db.destroy());
  await prepareSchema(database.url, config.migrates || config.databaseUrl === undefined).catch(
    (error: unknown) => {
      throw databaseProblem(error, database.url) ?? error;
    },
  );
  return await work(db);
}
