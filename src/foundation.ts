import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { FeedRules } from './batches/feed.ts';
import type { Config } from './config.ts';
import { type Database, isConnectionTrouble, openDatabase, openForMigration } from './db/database.ts';
import { type EmbeddedServer, holdEmbeddedServer } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { causesOf, Problem, systemCode } from './errors.ts';
import { type SecretsKey, secretsKeyOf } from './hosts/secrets.ts';
import { createGuard, type Guard } from './net/guard.ts';
import { type Queue, startQueue } from './queue/queue.ts';
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

/** @throws Problem `database_unavailable`, `storage_unavailable`, `schema_newer` */
export async function layFoundation(config: Config, databaseUrl: string, log: Logger): Promise<Foundation> {
  for (const [folder, setting] of [
    [join(config.dataDir, 'tmp'), 'DATA_DIR'],
    [config.storageDir, 'STORAGE_URL'],
  ] as const) {
    const trouble = await makeWritableSometime(folder, setting);
    if (trouble) log.warn({ reason: trouble.message }, 'started without room for files');
  }
  const storage = diskStorage(config.storageDir);
  const database = openDatabase(databaseUrl);
  try {
    await bringUpToDate(databaseUrl);
    const guard = createGuard(config);
    const queue = await startQueue(database, (error) => log.warn({ err: error }, 'the queue has trouble'));
    return {
      config,
      database,
      queue,
      feed: { queue, hostConcurrency: config.hostConcurrency },
      storage,
      guard,
      secretsKey: secretsKeyOf(config),
      log,
      async close() {
        await queue.stop();
        await guard.close();
        await database.db.destroy();
      },
    };
  } catch (error) {
    await database.db.destroy();
    throw unreachable(error, databaseUrl) ?? error;
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
export async function bringUpToDate(databaseUrl: string): Promise<string[]> {
  const { db } = openForMigration(databaseUrl);
  return migrate(db).finally(() => db.destroy());
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

/** The problem behind a connection error, or undefined where it is another one. */
export function unreachable(error: unknown, databaseUrl: string): Problem | undefined {
  if (error instanceof Problem || !isConnectionTrouble(error)) return undefined;
  const { host, pathname } = new URL(databaseUrl);
  return new Problem('database_unavailable', {
    detail: `The database ${pathname.slice(1)} on ${host} cannot be used: ${(error as Error).message || systemCode(error)}. Check that it runs and that DATABASE_URL is right.`,
    cause: error,
  });
}
