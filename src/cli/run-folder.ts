import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Config } from '../config.ts';
import type { Db } from '../db/database.ts';
import { type EmbeddedServer, holdEmbeddedServer } from '../db/embedded.ts';
import { removeAllTasks } from '../queue/stored-tasks.ts';
import { say } from './output.ts';

/** Where one run of `process` works. */
export type Place = { config: Config; url: string };

/**
 * A database, a storage and a folder that no other process uses, because another worker could not
 * read the paths in this CSV. Several runs at once get one each; all of it is removed at the end.
 */
export async function freshPlace(settings: Config, stack: AsyncDisposableStack): Promise<Place> {
  const server = await heldServer(settings, stack);
  return numberedPlace(server, settings, stack);
}

const KEPT = 'process-kept';

/** As freshPlace, but what is known of sources, and what was made of them, is there again in the next run. */
export async function keptPlace(settings: Config, stack: AsyncDisposableStack): Promise<Place> {
  const server = await heldServer(settings, stack);
  if ((await server.claim(KEPT)) !== undefined) {
    say('Another run uses what earlier ones have kept, so this one makes everything anew.');
    return numberedPlace(server, settings, stack);
  }
  const dataDir = join(settings.dataDir, KEPT);
  return { config: placedIn(dataDir, settings), url: await server.database('minilab_process_kept') };
}

/** What is left of the runs before in a kept place, but for sources and what was made of them. */
export async function forgetRuns(db: Db): Promise<void> {
  await sql`
    truncate batches, products, images, attempts, stalls, workers, host_leases, webhook_endpoints, webhook_events cascade`.execute(
    db,
  );
  await removeAllTasks(db);
  // A path means another file in another folder, and the file may have changed.
  await sql`delete from sources where url !~* '^https?://'`.execute(db);
}

async function heldServer(settings: Config, stack: AsyncDisposableStack): Promise<EmbeddedServer> {
  const server = await holdEmbeddedServer(settings.dataDir, 'process');
  stack.defer(() => server.close());
  return server;
}

async function numberedPlace(
  server: EmbeddedServer,
  settings: Config,
  stack: AsyncDisposableStack,
): Promise<Place> {
  let number = 1;
  while ((await server.claim(`process-${number}`)) !== undefined) number += 1;
  const dataDir = join(settings.dataDir, `process-${number}`);
  const database = `minilab_process_${number}`;
  await rm(dataDir, { recursive: true, force: true });
  const url = await server.freshDatabase(database);
  stack.defer(async () => {
    await server.dropDatabase(database);
    await rm(dataDir, { recursive: true, force: true });
  });
  return { config: placedIn(dataDir, settings), url };
}

function placedIn(dataDir: string, settings: Config): Config {
  return { ...settings, dataDir, storageDir: join(dataDir, 'files') };
}
