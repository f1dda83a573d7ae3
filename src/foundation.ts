import { join } from 'node:path';
import type { Logger } from 'pino';
import type { FeedRules } from './batches/feed.ts';
import type { Config } from './config.ts';
import { connectDatabase, databaseProblem } from './db/connect.ts';
import type { Database } from './db/database.ts';
import { type EmbeddedServer, holdEmbeddedServer } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { Problem } from './errors.ts';
import { type SecretsKey, secretsKeyOf } from './hosts/secrets.ts';
import { createGuard, type Guard } from './net/guard.ts';
import { type Queue, startQueue } from './queue/queue.ts';
import { startWatchdog, type Watchdog } from './queue/watchdog.ts';
import { diskStorage } from './storage/disk.ts';
import type { Storage } from './storage/storage.ts';

/** What every process stands on: an open, migrated database, a queue, a storage. */
export type Foundation = {
  config: Config;
  database: Database;
  queue: Queue;
  feed: FeedRules;
  storage: Storage;
  /** through which every URL of a stranger is requested */
  guard: Guard;
  /** under which secrets are kept in the database */
  secretsKey: SecretsKey;
  /** ends the process when its event loop stands still */
  watchdog: Watchdog;
  log: Logger;
  close(): Promise<void>;
};

const DATABASE_NAME = 'minilab';

/** The database of the settings: DATABASE_URL, or the embedded server. */
export async function openConfiguredDatabase(
  config: Config,
  holder: string,
): Promise<{ url: string; server: EmbeddedServer | undefined; close(): Promise<void> }> {
  if (config.databaseUrl !== undefined)
    return { url: config.databaseUrl, server: undefined, close: async () => {} };
  await makeWritable(config.dataDir);
  const server = await holdEmbeddedServer(config.dataDir, holder);
  return { url: await server.database(DATABASE_NAME), server, close: () => server.close() };
}

/** @throws Problem `database_unavailable`, `storage_unavailable`, `schema_newer` */
export async function layFoundation(
  config: Config,
  databaseUrl: string,
  log: Logger,
  /** how long the event loop may stand still */
  stillMs?: number,
): Promise<Foundation> {
  await makeWritable(join(config.dataDir, 'tmp'));
  await makeWritable(config.storageDir, 'STORAGE_URL');
  const storage = diskStorage(config.storageDir);
  const database = await connectDatabase(databaseUrl);
  try {
    await migrate(database.db);
    const guard = createGuard(config);
    const secretsKey = secretsKeyOf(config);
    const queue = await startQueue(database, (error) => log.warn({ err: error }, 'the queue has trouble'));
    const watchdog = startWatchdog({ databaseUrl, stillMs, isLogged: log.isLevelEnabled('fatal') });
    return {
      config,
      database,
      queue,
      feed: { queue, hostConcurrency: config.hostConcurrency },
      storage,
      guard,
      secretsKey,
      watchdog,
      log,
      async close() {
        await queue.stop();
        await watchdog.stop();
        await guard.close();
        await database.db.destroy();
      },
    };
  } catch (error) {
    await database.db.destroy();
    throw databaseProblem(error, databaseUrl) ?? error;
  }
}

/**
 * Makes a folder, and sees that files can be made in it.
 * @param setting what names the folder, for the sentence
 * @throws Problem `storage_unavailable`
 */
export async function makeWritable(folder: string, setting = 'DATA_DIR'): Promise<void> {
  try {
    await diskStorage(folder).probe();
  } catch (error) {
    throw new Problem('storage_unavailable', {
      detail: `${(error as Error).message}. Choose another folder with ${setting}.`,
      cause: error,
    });
  }
}
