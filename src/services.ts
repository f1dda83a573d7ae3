import { join } from 'node:path';
import type { Logger } from 'pino';
import type { MoveRules } from './batches/move-on.ts';
import type { Config } from './config.ts';
import { connectDatabase, databaseProblem } from './db/connect.ts';
import { type Database, type Db, openForMigration } from './db/database.ts';
import { type EmbeddedServer, holdEmbeddedServer } from './db/embedded.ts';
import { migrate, type MigrateOptions, requireSchema } from './db/migrate.ts';
import { causesOf, Problem, systemCode } from './errors.ts';
import { isFolder } from './files.ts';
import { type SecretsKey, secretsKeyOf } from './hosts/secrets.ts';
import { removeLeftovers } from './temporary-folder.ts';
import { createGuard, type Guard } from './net/guard.ts';
import { type Queue, requireQueue, startQueue } from './queue/queue.ts';
import { claimShared, readShared, withGapsFilled } from './settings/join.ts';
import { followShared, type LiveSettings } from './settings/live-settings.ts';
import { listShared, valuesOf } from './settings/shared.queries.ts';
import type { SharedValues } from './settings/shared-settings.ts';
import { checkEndpoint } from './webhooks/endpoints.ts';
import { startWatchdog, type Watchdog } from './watchdog/watchdog.ts';
import { diskStorage } from './storage/disk.ts';
import { plainFolder } from './storage/disk-probe.ts';
import { adoptOldLayout } from './storage/old-layout.ts';
import { openStorage } from './storage/open-storage.ts';
import { PROBE_WITHIN_MS, type Storage, StorageTrouble } from './storage/storage.ts';
import { MINUTE_MS } from './units.ts';

/** What every process opens: a migrated database, a queue, a storage, a guard, a watchdog. */
export type Services = {
  /** with the shared settings where this process says nothing, as they were at its start */
  config: Config;
  shared: LiveSettings<Config>;
  database: Database;
  queue: Queue;
  /** how batches are fed and settled; follows the shared settings */
  feed: MoveRules;
  storage: Storage;
  /** requests every URL of a stranger */
  guard: Guard;
  /** encrypts the secrets in the database */
  secretsKey: SecretsKey;
  /** ends the process if its event loop stalls */
  watchdog: Watchdog;
  log: Logger;
  close(): Promise<void>;
};

const DATABASE_NAME = 'minilab';

/** Opens the configured database: DATABASE_URL, or the bundled server. @param holder the command that holds the server */
export async function openConfiguredDatabase(
  config: Config,
  holder: string,
): Promise<{ url: string; server: EmbeddedServer | undefined; close(): Promise<void> }> {
  if (config.databaseUrl !== undefined)
    return { url: config.databaseUrl, server: undefined, close: async () => {} };
  await ensureWritableUnlessFull(config.dataDir, 'DATA_DIR');
  const server = await holdEmbeddedServer(config.dataDir, holder);
  return { url: await server.database(DATABASE_NAME), server, close: () => server.close() };
}

/**
 * Migrates the database and opens everything. If a step fails, it closes what the steps before it opened.
 * @param stallMs after how long a stalled event loop ends the process, in milliseconds
 * @throws Problem `database_unavailable`, `storage_unavailable`, `schema_newer`, `schema_older`, `migration_failed`,
 *   `bad_settings`
 */
export async function openServices(
  own: Config,
  databaseUrl: string,
  log: Logger,
  stallMs?: number,
): Promise<Services> {
  const temporaryFolder = join(own.dataDir, 'tmp');
  await checkFolder(temporaryFolder, 'DATA_DIR', log);
  await using opened = new AsyncDisposableStack();
  const database = await connectDatabase(databaseUrl);
  const { db } = database;
  opened.defer(() => db.destroy());
  try {
    const isFleet = databaseUrl === own.databaseUrl; // a run of `process` has a database of its own
    await prepareSchema(databaseUrl, own.migrates || !isFleet, {
      onDone: (migration, ms) => log.info({ migration, ms }, 'the database was migrated'),
      onWait: (migration) => log.warn({ migration }, 'a migration is waiting for locks on tables in use'),
    });
    const found = isFleet ? await readShared(db, own) : valuesOf(await listShared(db));
    const config = withGapsFilled(own, found);
    const storage = await openCheckedStorage(config, log);
    opened.defer(() => storage.close());
    const secretsKey = secretsKeyOf(config);
    const guard = createGuard(config);
    opened.defer(() => guard.close());
    const values = isFleet ? { ...found, ...(await claimChecked(db, own, guard)) } : found;
    const shared = followShared({ db, own, values, prefersOwn: !isFleet, log });
    opened.defer(() => shared.stop());
    const isLogged = log.isLevelEnabled('fatal');
    const watchdog = startWatchdog({ databaseUrl, stallMs, isLogged, machine: own.machineName });
    opened.defer(() => watchdog.stop());
    const queue = await startQueue(database, (error) => log.warn({ err: error }, 'queue error'));
    opened.defer(() => queue.stop());
    opened.defer(clearLeftovers(temporaryFolder, db, log));
    const feed = liveRules(queue, shared);
    const closing = opened.move();
    const close = (): Promise<void> => closing.disposeAsync();
    return { config, shared, database, queue, feed, storage, guard, secretsKey, watchdog, log, close };
  } catch (error) {
    throw databaseProblem(error, databaseUrl) ?? error;
  }
}

/** Nothing is claimed that this process refuses itself. */
async function claimChecked(db: Db, own: Config, guard: Guard): Promise<SharedValues> {
  checkEndpoint(own.webhook, guard);
  return claimShared(db, own);
}

function liveRules(queue: Queue, shared: LiveSettings<Config>): MoveRules {
  return {
    queue,
    get hostConcurrency() {
      return shared.now().hostConcurrency;
    },
    get publicUrl() {
      return shared.now().publicUrl;
    },
  };
}

/** @throws Problem `storage_unavailable`, if the storage cannot be used before an operator changes something */
async function openCheckedStorage({ storage: address }: Config, log: Logger): Promise<Storage> {
  const storage = await openStorage(address);
  if (address.is === 'folder') {
    await checkFolder(address.path, 'STORAGE_URL', log);
    const moved = await adoptOldLayout(address.path);
    if (moved > 0)
      log.info({ files: moved }, 'files were moved from the storage layout of the first version');
    return storage;
  }
  await storage.probe(AbortSignal.timeout(PROBE_WITHIN_MS)).catch(async (error: Error) => {
    const isForOperator = error instanceof StorageTrouble && error.kind === 'settings';
    if (!isForOperator)
      return log.warn({ reason: error.message }, 'started, but no files can be written now');
    await storage.close();
    throw new Problem('storage_unavailable', { detail: `${error.message}.`, cause: error });
  });
  return storage;
}

/** @throws Problem `storage_unavailable`, unless the disk is only full: that is logged */
async function checkFolder(folder: string, setting: string, log: Logger): Promise<void> {
  const problem = await ensureWritableUnlessFull(folder, setting);
  if (problem) log.warn({ reason: problem.message }, 'started, but no files can be written now');
}

/** Errors of a disk that an operator can end while the process runs. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/**
 * Like ensureWritable, for long-running processes: a full disk does not prevent a start, because results can
 * still be read, and the worker starts processing when there is room.
 * @returns the problem of a full or read-only disk
 */
async function ensureWritableUnlessFull(folder: string, setting: string): Promise<Problem | undefined> {
  try {
    await ensureWritable(folder, setting);
    return undefined;
  } catch (error) {
    const mayPass = causesOf(error).some((cause) => PASSING.has(systemCode(cause) ?? ''));
    if (error instanceof Problem && mayPass && (await isFolder(folder))) return error;
    throw error;
  }
}

/** Migrates the schema to this version, or requires that somebody has done so. */
export async function prepareSchema(
  databaseUrl: string,
  mayMigrate: boolean,
  options?: MigrateOptions,
): Promise<void> {
  const { db } = openForMigration(databaseUrl);
  try {
    if (mayMigrate) return void (await migrate(db, options));
    await requireSchema(db);
    await requireQueue(db);
  } finally {
    await db.destroy();
  }
}

/**
 * Creates a folder if it does not exist, and checks that files can be written in it; in a storage, that they can be
 * linked too.
 * @param setting the setting or option that names the folder, for the sentence
 * @throws Problem `storage_unavailable`
 */
export async function ensureWritable(folder: string, setting = 'DATA_DIR'): Promise<void> {
  try {
    const place = setting === 'STORAGE_URL' ? diskStorage(folder) : plainFolder(folder);
    await place.probe(AbortSignal.timeout(PROBE_WITHIN_MS));
  } catch (error) {
    throw new Problem('storage_unavailable', {
      detail: `${(error as Error).message}. Choose another folder with ${setting}.`,
      cause: error,
    });
  }
}

const CLEAR_EVERY_MS = 10 * MINUTE_MS;

/** Removes leftovers periodically, in every process: without a worker, killed uploads leave files too. @returns a function that stops it */
function clearLeftovers(folder: string, db: Db, log: Logger): () => void {
  async function clear(): Promise<void> {
    try {
      const removed = await removeLeftovers(folder, db);
      if (removed > 0) log.info({ removed }, 'temporary files of killed processes were removed');
    } catch (error) {
      log.warn({ err: error }, 'temporary files of killed processes cannot be removed');
    }
  }
  void clear();
  const timer = setInterval(() => void clear(), CLEAR_EVERY_MS).unref();
  return () => clearInterval(timer);
}
