import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { MoveRules } from './batches/move-on.ts';
import type { Config } from './config.ts';
import { connectDatabase, databaseProblem } from './db/connect.ts';
import { type Database, type Db, openForMigration } from './db/database.ts';
import { type EmbeddedServer, holdEmbeddedServer } from './db/embedded.ts';
import { migrate, type MigrateOptions } from './db/migrate.ts';
import { causesOf, Problem, systemCode } from './errors.ts';
import { type SecretsKey, secretsKeyOf } from './hosts/secrets.ts';
import { removeLeftovers } from './temporary-folder.ts';
import { createGuard, type Guard } from './net/guard.ts';
import { type Queue, startQueue } from './queue/queue.ts';
import { startWatchdog, type Watchdog } from './watchdog/watchdog.ts';
import { diskStorage } from './storage/disk.ts';
import { adoptOldLayout } from './storage/old-layout.ts';
import type { Storage } from './storage/storage.ts';

/** What every process stands on: an open, migrated database, a queue, a storage. */
export type Foundation = {
  config: Config;
  database: Database;
  queue: Queue;
  /** how batches are moved on */
  feed: MoveRules;
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
  await makeWritableSometime(config.dataDir, 'DATA_DIR');
  const server = await holdEmbeddedServer(config.dataDir, holder);
  return { url: await server.database(DATABASE_NAME), server, close: () => server.close() };
}

/** @throws Problem `database_unavailable`, `storage_unavailable`, `schema_newer`, `migration_failed` */
export async function layFoundation(
  config: Config,
  databaseUrl: string,
  log: Logger,
  /** after how long a stalled event loop ends the process, in milliseconds */
  stallMs?: number,
): Promise<Foundation> {
  for (const [folder, setting] of [
    [join(config.dataDir, 'tmp'), 'DATA_DIR'],
    [config.storageDir, 'STORAGE_URL'],
  ] as const) {
    const trouble = await makeWritableSometime(folder, setting);
    if (trouble) log.warn({ reason: trouble.message }, 'started without room for files');
  }
  const moved = await adoptOldLayout(config.storageDir);
  if (moved > 0) log.info({ files: moved }, 'files of the first version were moved to where they lie now');
  const storage = diskStorage(config.storageDir);
  const database = await connectDatabase(databaseUrl);
  try {
    await bringUpToDate(databaseUrl, {
      onDone: (migration, ms) => log.info({ migration, ms }, 'the database was migrated'),
      onWait: (migration) => log.warn({ migration }, 'a migration waits for tables that are in use'),
    });
    const guard = createGuard(config);
    const secretsKey = secretsKeyOf(config);
    const queue = await startQueue(database, (error) => log.warn({ err: error }, 'the queue has trouble'));
    const watchdog = startWatchdog({ databaseUrl, stallMs, isLogged: log.isLevelEnabled('fatal') });
    const stopClearing = clearLeftovers(join(config.dataDir, 'tmp'), database.db, log);
    return {
      config,
      database,
      queue,
      feed: { queue, hostConcurrency: config.hostConcurrency, publicUrl: config.publicUrl },
      storage,
      guard,
      secretsKey,
      watchdog,
      log,
      async close() {
        stopClearing();
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

const MAY_PASS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/**
 * As makeWritable, for processes that stay: a disk that is full just now keeps nobody from looking at what
 * there is, and the worker begins when there is room.
 * @returns what is wrong just now
 */
async function makeWritableSometime(folder: string, setting: string): Promise<Problem | undefined> {
  try {
    await makeWritable(folder, setting);
    return undefined;
  } catch (error) {
    const mayPass = causesOf(error).some((cause) => MAY_PASS.has(systemCode(cause) ?? ''));
    if (error instanceof Problem && mayPass && (await isFolder(folder))) return error;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** @returns the names of the migrations that ran now */
export async function bringUpToDate(databaseUrl: string, options?: MigrateOptions): Promise<string[]> {
  const { db } = openForMigration(databaseUrl);
  return migrate(db, options).finally(() => db.destroy());
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

const CLEAR_EVERY_MS = 600_000;

/** Now and then, in every process: an API alone must not keep what an upload left whose process was killed. */
function clearLeftovers(folder: string, db: Db, log: Logger): () => void {
  const clear = (): void =>
    void removeLeftovers(folder, db).then(
      (removed) => removed > 0 && log.info({ removed }, 'temporary files of killed processes were removed'),
      (error: unknown) => log.warn({ err: error }, 'temporary files of killed processes cannot be removed'),
    );
  clear();
  const timer = setInterval(clear, CLEAR_EVERY_MS).unref();
  return () => clearInterval(timer);
}
