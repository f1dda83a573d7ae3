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
import { appliedMigrations, type Migration, runMigration, whoHolds } from './migration.ts';

// Expand, then contract: a migration may only add what the version before it can live with; what is
// no longer used goes in a later release. The name sorts; a name that landed never changes. `locks`: the
// tables that it alters and that others use meanwhile; see migration.ts.
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
};

export type MigrateOptions = {
  /** these only: tests make databases of older versions */
  names?: readonly string[];
  /** of each migration, for the locks that others hold */
  patienceMs?: number;
  onDone?(name: string, ms: number): void;
  /** told once a migration */
  onWait?(name: string): void;
};

/**
 * Brings the schema up to this version, a transaction for each migration. Any number of processes may do
 * so at once, beside workers of the version before; where it stops, the migrations before are kept.
 * @returns the names of the migrations that ran now
 * @throws Problem `schema_newer`, `migration_failed`
 */
export async function migrate(db: Db, options: MigrateOptions = {}): Promise<string[]> {
  const newer = await unknownMigration(db);
  if (newer !== undefined) throw schemaNewer(newer);
  const { names = Object.keys(MIGRATIONS), patienceMs = LOCK_PATIENCE_MS } = options;
  const applied = await appliedMigrations(db);
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
    if (!hasRun) continue; // another process was faster
    done.push(name);
    options.onDone?.(name, Date.now() - began);
  }
  return done;
}

/**
 * The newest migration in the database that this program does not know, if there is one: a newer
 * Minilab was here, and an older worker must not claim work any more.
 */
export async function unknownMigration(db: Db): Promise<string | undefined> {
  const applied = await appliedMigrations(db);
  return [...applied]
    .filter((name) => !Object.hasOwn(MIGRATIONS, name))
    .toSorted()
    .at(-1);
}

function schemaNewer(migration: string): Problem {
  return new Problem('schema_newer', {
    detail: `The database has the migration ${migration}, which this version of Minilab does not know. Install the newer version here too.`,
  });
}

async function failed(
  db: Db,
  migration: Migration & { name: string },
  error: unknown,
  done: string[],
): Promise<Problem> {
  if (error instanceof Problem) return error;
  const why = isLockTrouble(error)
    ? `could not get its locks: ${await whoHolds(db, migration)}`
    : `failed: ${(error as Error).message}.`;
  const kept = done.length > 0 ? `Done before it, and kept: ${done.join(', ')}.` : 'None ran before it.';
  return new Problem('migration_failed', {
    detail: `The migration ${migration.name} ${why} It changed nothing. ${kept} Starting again goes on from there.`,
    cause: error,
  });
}
