import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Config } from '../config.ts';
import type { Db } from '../db/database.ts';
import type { EmbeddedServer } from '../db/embedded.ts';
import { purgeUploadedFiles } from '../batches/delete.ts';
import { removeAllTasks } from '../queue/stored-tasks.ts';
import { say } from './output.ts';
import { leaveSpare, migratedDatabase } from './run-template.ts';

/** The data folder, with its storage, and the database of one run of `process`. */
export type RunFolder = { config: Config; databaseUrl: string };

/**
 * Creates a folder and a database for one run, because no other worker could read the paths in its CSV.
 * Concurrent runs get one each, of the first number that no other run holds. Both are removed at the end.
 */
export async function createRunFolder(
  config: Config,
  server: EmbeddedServer,
  stack: AsyncDisposableStack,
): Promise<RunFolder> {
  let number = 1;
  while ((await server.claim(`process-${number}`)) !== undefined) number += 1;
  const dataDir = join(config.dataDir, `process-${number}`);
  const database = `minilab_process_${number}`;
  await rm(dataDir, { recursive: true, force: true });
  const databaseUrl = await migratedDatabase(server, database);
  stack.defer(async () => {
    await server.dropDatabase(database);
    await leaveSpare(server).catch(() => {}); // the next run copies the template
    await rm(dataDir, { recursive: true, force: true });
  });
  return { config: withDataDir(config, dataDir), databaseUrl };
}

const KEPT = 'process-kept';

/** Opens the run folder that stays, where later runs find sources and renditions. One run at a time can use it. */
export async function openKeptRunFolder(
  config: Config,
  server: EmbeddedServer,
  stack: AsyncDisposableStack,
): Promise<RunFolder> {
  if ((await server.claim(KEPT)) !== undefined) {
    say('Another run is using the kept downloads and renditions, so this run reuses none of them.');
    return createRunFolder(config, server, stack);
  }
  return {
    config: withDataDir(config, join(config.dataDir, KEPT)),
    databaseUrl: await server.database('minilab_process_kept'),
  };
}

/** Removes all that earlier runs left in a kept folder, except sources and renditions. */
export async function forgetRuns(db: Db): Promise<void> {
  await purgeUploadedFiles(db);
  await sql`
    truncate batches, batch_changes, batch_looks, batch_facts, products, images, attempts, stalls, workers, host_leases, webhook_endpoints, webhook_events cascade`.execute(
    db,
  );
  await removeAllTasks(db);
  // The same path is another file next to another CSV, and a file may have changed.
  await sql`delete from sources where url !~* '^https?://'`.execute(db);
}

/** The settings of a run, also when they are read again with shared ones. */
function withDataDir(config: Config, dataDir: string): Config {
  const storage = { is: 'folder' as const, path: join(dataDir, 'files') };
  const withShared: Config['withShared'] = (values) => withDataDir(config.withShared(values), dataDir);
  return { ...config, dataDir, storage, redirectsFiles: false, withShared };
}
