import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Problem } from '../errors.ts';
import type { Db } from './database.ts';
import { firstSchema } from './migrations/0001_first_schema.ts';
import { webhooks } from './migrations/0002_webhooks.ts';
import { presets } from './migrations/0003_presets.ts';
import { roundsAndIntake } from './migrations/0004_rounds_and_intake.ts';
import { deadline } from './migrations/0005_deadline.ts';
import { hosts } from './migrations/0006_hosts.ts';
import { reuse } from './migrations/0007_reuse.ts';
import { asWritten } from './migrations/0008_as_written.ts';
import { stallsAndFileNames } from './migrations/0009_stalls_and_file_names.ts';
import { leftovers } from './migrations/0011_leftovers.ts';

// Expand, then contract: a migration may only add what the version before it can live with; what is
// no longer used goes in a later release. The name sorts; a name that landed never changes.
const MIGRATIONS: Record<string, Migration> = {
  '0001_first_schema': firstSchema,
  '0002_webhooks': webhooks,
  '0003_presets': presets,
  '0004_rounds_and_intake': roundsAndIntake,
  '0005_deadline': deadline,
  '0006_hosts': hosts,
  '0007_reuse': reuse,
  '0008_as_written': asWritten,
  '0009_stalls_and_file_names': stallsAndFileNames,
  '0011_leftovers': leftovers,
};

/**
 * Brings the schema up to this version, under a lock, so that any number of processes may start at once.
 * @returns the names of the migrations that ran now
 * @throws Problem `schema_newer`
 */
export async function migrate(db: Db): Promise<string[]> {
  const newer = await unknownMigration(db);
  if (newer !== undefined) throw schemaNewer(newer);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error) throw error;
  return results.map((result) => result.migrationName);
}

/**
 * The newest migration in the database that this program does not know, if there is one: a newer
 * Minilab was here, and an older worker must not claim work any more.
 */
export async function unknownMigration(db: Db): Promise<string | undefined> {
  const { rows: tables } = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (!tables[0]?.there) return undefined;
  const { rows } = await sql<{ name: string }>`
    select name from kysely_migration where name <> all(${Object.keys(MIGRATIONS)}::text[])
    order by name desc limit 1`.execute(db);
  return rows[0]?.name;
}

function schemaNewer(migration: string): Problem {
  return new Problem('schema_newer', {
    detail: `The database has the migration ${migration}, which this version of Minilab does not know. Install the newer version here too.`,
  });
}
