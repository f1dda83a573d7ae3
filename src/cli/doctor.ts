import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { accessInWords, requireKey } from '../access/configured-key.ts';
import { sweepStorage } from '../batches/orphans.ts';
import { type Config, readConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import { sentenceOn } from '../db/coexistence.ts';
import type { Database, Db } from '../db/database.ts';
import { newerSchema, unappliedMigrations } from '../db/migrate.ts';
import { limitsTrouble } from '../db/session-limits.ts';
import { Problem } from '../errors.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { ensureWritable, openConfiguredDatabase } from '../services.ts';
import { differenceSentence, differencesOf, withGapsFilled } from '../settings/join.ts';
import { listShared, type SharedRow, valuesOf } from '../settings/shared.queries.ts';
import { openStorage } from '../storage/open-storage.ts';
import { findLeftovers } from '../temporary-folder.ts';
import { troubledEndpoints } from '../webhooks/endpoint-health.ts';
import { lastFailure } from '../webhooks/endpoints.ts';
import { describe, EXIT, plural, size } from './output.ts';

/** @returns a sentence that shows what is fine @throws Error, with what is wrong and what to do */
type Check = (config: Config) => Promise<string>;

const CHECKS: Record<string, Check> = {
  runtime: checkRuntime,
  settings: checkSettings,
  'data folder': checkDataFolder,
  storage: checkStorage,
  database: checkDatabase,
  'session limits': checkLimits,
  'shared settings': checkShared,
  access: checkAccess,
  webhook: checkWebhook,
  leftovers: countLeftovers,
  decoders: checkDecoders,
};

/** `minilab doctor`: tries everything that Minilab needs, and reports what is wrong and what to do. */
export async function doctor(): Promise<number> {
  let isWell = true;
  const config = await withShared(readConfig());
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

async function checkRuntime(): Promise<string> {
  return `Node ${process.versions.node} on ${process.platform} ${process.arch}`;
}

async function checkSettings({ unknownSettings: warnings }: Config): Promise<string> {
  return warnings.join(' ') || 'all are valid';
}

const LEAST_FREE_BYTES = 2 ** 30;

async function checkDataFolder({ dataDir }: Config): Promise<string> {
  await ensureWritable(dataDir);
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free < LEAST_FREE_BYTES)
    throw new Error(`${dataDir} has only ${size(free)} free; make room, or choose another DATA_DIR`);
  return `${dataDir} is writable, ${size(free)} free`;
}

async function checkStorage({ storage }: Config): Promise<string> {
  if (storage.is === 'bucket') {
    const { examineBucket } = await import('../storage/bucket/examine.ts');
    return examineBucket(storage, AbortSignal.timeout(SEARCH_FOR_MS));
  }
  await ensureWritable(storage.path, 'STORAGE_URL');
  return `${storage.path} is writable`;
}

async function checkDatabase(config: Config): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const { db } = await connect(config, stack);
  const { rows } = await sql<{ version: string }>`
    select current_setting('server_version') as version`.execute(db);
  const newer = await newerSchema(db);
  if (newer && !newer.mayWork) throw new Error(sentenceOn(newer));
  const about = newer ? `. ${sentenceOn(newer)}` : '';
  return `PostgreSQL ${rows[0]?.version}, ${config.databaseUrl === undefined ? 'bundled' : 'from DATABASE_URL'}${about}`;
}

async function checkLimits(config: Config): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const { pool } = await connect(config, stack);
  const trouble = await limitsTrouble(pool);
  if (trouble !== undefined) throw new Error(trouble);
  return 'a process that is cut off holds up others for 15 s at most';
}

/** The settings as a start would have them. What keeps them from being read is told by the checks. */
async function withShared(config: Config): Promise<Config> {
  await using stack = new AsyncDisposableStack();
  try {
    const { db } = await connect(config, stack);
    return withGapsFilled(config, valuesOf(await sharedRows(db)));
  } catch {
    return config;
  }
}

async function sharedRows(db: Db): Promise<SharedRow[]> {
  return (await unappliedMigrations(db)).length > 0 ? [] : listShared(db);
}

async function checkShared(config: Config): Promise<string> {
  if (config.databaseUrl === undefined) return 'with the bundled database, each start decides for itself';
  await using stack = new AsyncDisposableStack();
  const rows = await sharedRows((await connect(config, stack)).db);
  const differences = differencesOf(config, rows);
  if (differences.length > 0) throw new Error(differenceSentence(differences));
  const names = rows.map(({ name }) => name).join(', ');
  return names === '' ? 'none so far' : `${names}: this process says nothing else`;
}

async function checkAccess(config: Config): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const { db } = await connect(config, stack);
  if ((await unappliedMigrations(db)).length > 0) return 'there are no API keys before the first start';
  if (config.isExposed && config.apiKey === undefined) await requireKey(db, config);
  return await accessInWords(db, config);
}

async function checkWebhook(config: Config): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const { db } = await connect(config, stack);
  const isThere = await hasSchema(db);
  const isSet = config.webhook !== undefined || valuesOf(await sharedRows(db)).WEBHOOK_URL !== undefined;
  const failure = isThere && isSet ? await lastFailure(db) : undefined;
  if (failure !== undefined)
    throw new Error(
      `the last delivery to WEBHOOK_URL failed: ${failure}. Repair the receiver, or remove the setting`,
    );
  const troubled = isThere ? await troubledEndpoints(db) : [];
  const first = isSet ? 'WEBHOOK_URL is set, and no failed delivery is known' : 'WEBHOOK_URL is not set';
  return [first, ...troubled].join('; ');
}

const SEARCH_FOR_MS = 10_000;

async function countLeftovers(config: Config): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const { db } = await connect(config, stack);
  if (!(await hasSchema(db))) return 'none: the database has no tables before the first start';
  const signal = AbortSignal.timeout(SEARCH_FOR_MS);
  const storage = await openStorage(config.storage);
  stack.defer(() => storage.close());
  const { sets, orphans, files, unfinished } = await sweepStorage(db, storage, {
    olderThanMs: 0,
    clears: false,
    signal,
  });
  const temporary = await findLeftovers(join(config.dataDir, 'tmp'), db);
  return (
    `${plural(orphans, 'orphaned set')} (${plural(files, 'file')}) and ${plural(unfinished, 'unfinished file')} ` +
    `among ${signal.aborted ? 'the first ' : ''}${plural(sets, 'set')} of files; ` +
    `${plural(temporary.length, 'temporary folder')} of killed processes. ` +
    'Workers remove them within days; minilab sweep-storage removes orphans now'
  );
}

async function checkDecoders({ workerCores }: Config): Promise<string> {
  const pool = createDecoderPool(1);
  await pool.probe().finally(() => pool.stop());
  return `they start; ${workerCores} run at a time`;
}

async function connect(config: Config, stack: AsyncDisposableStack): Promise<Database> {
  const configured = await openConfiguredDatabase(config, 'doctor');
  stack.defer(configured.close);
  const database = await connectDatabase(configured.url);
  stack.defer(() => database.db.destroy());
  return database;
}

async function hasSchema(db: Db): Promise<boolean> {
  const { rows } = await sql<{ exists: boolean }>`
    select to_regclass('images') is not null as exists`.execute(db);
  return rows[0]?.exists === true;
}
