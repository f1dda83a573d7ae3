import { Problem } from '../errors.ts';
import { cannotBeUsed } from './connect.ts';
import type { Db } from './database.ts';
import { isLockTrouble, LOCK_PATIENCE_MS } from './locks.ts';
import { firstSchema } from './migrations/0001_first_schema.ts';
import { webhooks } from './migrations/0002_webhooks.ts';
import { presets } from './migrations/0003_presets.ts';
import { roundsAndIntake } from './migrations/0004_rounds_and_intake.ts';
import { deadline } from './migrations/0005_deadline.ts';
import { hosts } from './migrations/0006_hosts.ts';
import { reuse } from './migrations/0007_reuse.ts';
import { asWritten } from './migrations/0008_as_written.ts';
import { stallsAndFileNames } from './migrations/0009_stalls_and_file_names.ts';
import { leftovers } from './migrations/0010_leftovers.ts';
import { access } from './migrations/0011_access.ts';
import { limitsAndAudit } from './migrations/0012_limits_and_audit.ts';
import { webhookEndpoints } from './migrations/0013_webhook_endpoints.ts';
import { live } from './migrations/0014_live.ts';
import { uploads } from './migrations/0016_uploads.ts';
import { pages } from './migrations/0017_pages.ts';
import { contents } from './migrations/0018_contents.ts';
import { channels } from './migrations/0019_channels.ts';
import { looks } from './migrations/0020_looks.ts';
import { knownPictures } from './migrations/0021_known_pictures.ts';
import { mainPreset } from './migrations/0024_main_preset.ts';
import { purgeLeases } from './migrations/0025_purge_leases.ts';
import { fleet } from './migrations/0026_fleet.ts';
import { setsByKey } from './migrations/0027_sets_by_key.ts';
import { settings } from './migrations/0028_settings.ts';
import { batchFacts } from './migrations/0029_batch_facts.ts';
import { purgeMemory } from './migrations/0032_purge_memory.ts';
import { uploadedFiles } from './migrations/0037_uploaded_files.ts';
import { workerStoredAt } from './migrations/0039_worker_stored_at.ts';
import { type NewerSchema, newerThan, sentenceOn } from './coexistence.ts';
import { appliedMigrations, type Migration, runMigration, whoHolds } from './migration.ts';

// Expand, then contract: CONTRIBUTING.md has the rules. Names sort; a released name never changes. `locks`: the
// existing tables that the migration alters, see migration.ts. `worksWith`: see coexistence.ts; versions before
// 0030 know no rule, and stop at any migration that they do not know.
export const MIGRATIONS: Record<string, Migration> = {
  '0001_first_schema': { ...firstSchema, locks: [] },
  '0002_webhooks': { ...webhooks, locks: ['batches'] },
  '0003_presets': { ...presets, locks: ['rendition_sets'] },
  '0004_rounds_and_intake': {
    ...roundsAndIntake,
    locks: ['batches', 'products', 'rendition_sets', 'images', 'idempotency_keys'],
  },
  '0005_deadline': { ...deadline, locks: ['batches'] },
  '0006_hosts': { ...hosts, locks: ['hosts'] },
  '0007_reuse': { ...reuse, locks: ['batches', 'sources'] },
  '0008_as_written': { ...asWritten, locks: ['products'] },
  '0009_stalls_and_file_names': { ...stallsAndFileNames, locks: ['batches'] },
  '0010_leftovers': { ...leftovers, locks: ['sources', 'purges'] },
  '0011_access': { ...access, locks: ['tenants'] },
  '0012_limits_and_audit': { ...limitsAndAudit, locks: ['renditions', 'tenants'] },
  '0013_webhook_endpoints': {
    ...webhookEndpoints,
    locks: [
      'webhook_endpoints',
      'webhook_events',
      'webhook_deliveries',
      'webhook_attempts',
      'inbox_messages',
    ],
  },
  '0014_live': { ...live, locks: ['batches'] },
  '0016_uploads': { ...uploads, locks: [] },
  '0017_pages': { ...pages, locks: ['batches', 'rendition_sets', 'attempts'] },
  '0018_contents': { ...contents, locks: ['rendition_sets', 'renditions'] },
  '0019_channels': { ...channels, locks: [] },
  '0020_looks': { ...looks, locks: ['batches'] },
  '0021_known_pictures': { ...knownPictures, locks: ['batches', 'images', 'tenants'] },
  '0024_main_preset': { ...mainPreset, locks: ['batches'] },
  '0025_purge_leases': { ...purgeLeases, locks: ['purges'] },
  '0026_fleet': { ...fleet, locks: ['workers'] },
  '0027_sets_by_key': { ...setsByKey, locks: ['rendition_sets'] },
  '0028_settings': { ...settings, locks: [] },
  '0029_batch_facts': { ...batchFacts, locks: [] },
  '0032_purge_memory': { ...purgeMemory, locks: ['purges'], worksWith: '0029_batch_facts' },
  // An older worker would fail images whose source is uploaded.
  '0037_uploaded_files': { ...uploadedFiles, locks: [], worksWith: '0037_uploaded_files' },
  '0039_worker_stored_at': { ...workerStoredAt, locks: ['workers'], worksWith: '0037_uploaded_files' },
};

export type MigrateOptions = {
  /** only these: tests create databases of older versions */
  names?: readonly string[];
  /** how long each migration waits for its locks */
  patienceMs?: number;
  onDone?(name: string, ms: number): void;
  /** called once per migration */
  onWait?(name: string): void;
};

/**
 * Migrates the schema to this version, one transaction per migration. Any number of processes may do so at
 * once, next to workers of the previous version. If one migration fails, earlier ones are kept. What a newer
 * version has added stays, if this one may work beside it.
 * @returns the names of the migrations that ran
 * @throws Problem `schema_newer`, `migration_failed`
 */
export async function migrate(db: Db, options: MigrateOptions = {}): Promise<string[]> {
  const { names = Object.keys(MIGRATIONS), patienceMs = LOCK_PATIENCE_MS } = options;
  const applied = await appliedMigrations(db);
  refuseNewer(newerThan(Object.keys(MIGRATIONS), applied));
  const done: string[] = [];
  for (const name of names.toSorted()) {
    const migration = MIGRATIONS[name];
    if (!migration) throw new Error(`there is no migration ${name}`);
    if (applied.has(name)) continue;
    const began = Date.now();
    const rules = { patienceMs, onWait: () => options.onWait?.(name) };
    const hasRun = await runMigration(db, { ...migration, name }, rules).catch(async (error: unknown) => {
      throw cannotBeUsed(error) ? error : await failed(db, { ...migration, name }, error, done);
    });
    if (!hasRun) continue; // another process ran it
    done.push(name);
    options.onDone?.(name, Date.now() - began);
  }
  return done;
}

/** What a newer Minilab has done to the schema; undefined: nothing. */
export async function newerSchema(db: Db): Promise<NewerSchema | undefined> {
  return newerThan(Object.keys(MIGRATIONS), await appliedMigrations(db));
}

/** Migrations that the next start will run. */
export async function unappliedMigrations(db: Db): Promise<string[]> {
  const applied = await appliedMigrations(db);
  return Object.keys(MIGRATIONS).filter((name) => !applied.has(name));
}

/**
 * For processes that may not migrate.
 * @throws Problem `schema_older`, `schema_newer`
 */
export async function requireSchema(db: Db): Promise<void> {
  refuseNewer(await newerSchema(db));
  const missing = await unappliedMigrations(db);
  if (missing.length > 0) throw schemaOlder(`the migration ${missing[0]}`);
}

/** @param what is missing */
export function schemaOlder(what: string): Problem {
  return new Problem('schema_older', {
    detail: `The database lacks ${what}, and this process may not migrate it (MIGRATE=false). Run minilab migrate of this version first.`,
  });
}

function refuseNewer(newer: NewerSchema | undefined): void {
  if (newer && !newer.mayWork) throw new Problem('schema_newer', { detail: sentenceOn(newer) });
}

async function failed(
  db: Db,
  migration: Migration & { name: string },
  error: unknown,
  done: string[],
): Promise<Problem> {
  if (error instanceof Problem) return error;
  const why = isLockTrouble(error)
    ? `did not get its locks: ${await whoHolds(db, migration)}`
    : `failed: ${(error as Error).message}.`;
  const kept =
    done.length > 0 ? `Earlier migrations are kept: ${done.join(', ')}.` : 'No migration ran before it.';
  return new Problem('migration_failed', {
    detail: `The migration ${migration.name} ${why} It changed nothing. ${kept} The next start continues from there.`,
    cause: error,
  });
}
