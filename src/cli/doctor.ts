import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { sweepStorage } from '../batches/orphans.ts';
import { type Config, readConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import type { Db } from '../db/database.ts';
import { unknownMigration } from '../db/migrate.ts';
import { Problem } from '../errors.ts';
import { ensureWritable, openConfiguredDatabase } from '../services.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { diskStorage } from '../storage/disk.ts';
import { findLeftovers } from '../temporary-folder.ts';
import { lastFailure } from '../webhooks/endpoints.ts';
import { describe, EXIT, plural, size } from './output.ts';

/** What a check found: something to show when it is well. */
type Check = (config: Config) => Promise<string>;

const LOOK_FOR_MS = 10_000;
const LEAST_FREE_BYTES = 2 ** 30;

const CHECKS: Record<string, Check> = {
  runtime: async () => `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
  settings: async ({ unknownSettings: told }) => told.join(' ') || 'all of them are known',
  'data folder': async ({ dataDir }) => {
    await ensureWritable(dataDir);
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    if (free < LEAST_FREE_BYTES)
      throw new Error(`${dataDir} has only ${size(free)} free; make room, or choose another DATA_DIR`);
    return `${dataDir} can be written, ${size(free)} free`;
  },
  storage: async ({ storageDir }) => {
    await ensureWritable(storageDir, 'STORAGE_URL');
    return `${storageDir} can be written`;
  },
  database: async (config) => {
    await using stack = new AsyncDisposableStack();
    const database = await openConfiguredDatabase(config, 'doctor');
    stack.defer(database.close);
    const { db } = await connectDatabase(database.url);
    stack.defer(() => db.destroy());
    const { rows } = await sql<{
      version: string;
    }>`select current_setting('server_version') as version`.execute(db);
    const newer = await unknownMigration(db);
    if (newer !== undefined)
      throw new Error(`it has the migration ${newer} of a newer Minilab: install that version here too`);
    return `PostgreSQL ${rows[0]?.version}, ${config.databaseUrl === undefined ? 'embedded' : 'of DATABASE_URL'}`;
  },
  webhook: async (config) => {
    if (config.webhook === undefined) return 'WEBHOOK_URL is not set';
    await using stack = new AsyncDisposableStack();
    const { db } = await openTables(config, stack);
    const failure = db && (await lastFailure(db));
    if (failure)
      throw new Error(
        `the last delivery to WEBHOOK_URL failed: ${failure}. Mend the receiver, or take the setting away`,
      );
    return 'WEBHOOK_URL is set, and nothing is known against it';
  },
  leftovers: async (config) => {
    await using stack = new AsyncDisposableStack();
    const { db } = await openTables(config, stack);
    if (!db) return 'none yet: the first start makes the tables';
    const signal = AbortSignal.timeout(LOOK_FOR_MS);
    const storage = diskStorage(config.storageDir);
    const swept = await sweepStorage(db, storage, { olderThanMs: 0, clears: false, signal });
    const left = await findLeftovers(join(config.dataDir, 'tmp'), db);
    const looked = signal.aborted
      ? `of the first ${swept.sets} sets of files`
      : `of ${swept.sets} sets of files`;
    return (
      `${looked}, ${swept.orphans} (${plural(swept.files, 'file')}) belong to no image that is recorded, ${plural(swept.unfinished, 'file')} unfinished; ` +
      `${plural(left.length, 'folder')} of killed processes. Workers take them away within hours; minilab sweep-storage does it now`
    );
  },
  decoders: async ({ workerCores }) => {
    const pool = createDecoderPool(1);
    await pool.probe().finally(() => pool.stop());
    return `start; ${workerCores} at a time`;
  },
};

/** The database, where the first start has made its tables. */
async function openTables(config: Config, stack: AsyncDisposableStack): Promise<{ db: Db | undefined }> {
  const database = await openConfiguredDatabase(config, 'doctor');
  stack.defer(database.close);
  const { db } = await connectDatabase(database.url);
  stack.defer(() => db.destroy());
  const { rows } = await sql<{ there: boolean }>`select to_regclass('images') is not null as there`.execute(
    db,
  );
  return { db: rows[0]?.there ? db : undefined };
}

/** `minilab doctor`: tries everything that Minilab needs, and says what is wrong and what to do. */
export async function doctor(): Promise<number> {
  let isWell = true;
  const config = readConfig();
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      process.stdout.write(`ok    ${name}: ${await check(config)}\n`);
    } catch (error) {
      isWell = false;
      const why = error instanceof Problem ? describe(error) : (error as Error).message;
      process.stdout.write(`WRONG ${name}: ${why}\n`);
    }
  }
  return isWell ? EXIT.ok : EXIT.trouble;
}
