/**
 * How a migration runs while processes of the previous version continue to record.
 *
 * - It is one transaction, under Kysely's advisory lock for migrations (earlier versions used Kysely's
 *   migrator): it is applied completely or not at all.
 * - It locks all its tables first, in the order of recording, so that it cannot deadlock with a transaction
 *   that records.
 * - A pending lock blocks everybody who comes later. So the migration waits briefly, lets others through, and
 *   retries. The first waits are shorter than PostgreSQL's deadlock_timeout (1 s), so that in a deadlock with
 *   a statement that locks in another order the migration loses. Later waits are longer, because autovacuum
 *   gives way only after that time.
 * - An index of a large table is a migration of its own, outside of the transaction, and blocks nobody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Db } from './database.ts';
import { pauseMs, retryLocked } from './locks.ts';

/** The order in which recording locks tables (work/record.ts), followed by the tables of other transactions. */
const LOCK_ORDER = [
  ...([
    'batches',
    'products',
    'hosts',
    'sources',
    'contents',
    'rendition_sets',
    'renditions',
    'images',
  ] as const),
  ...(['purges', 'attempts', 'webhook_events', 'webhook_endpoints', 'webhook_deliveries'] as const),
  ...(['webhook_attempts', 'inbox_messages', 'idempotency_keys', 'tenants', 'workers'] as const),
];

export type Migration = {
  up(db: Db): Promise<void>;
  /** Whether `up` runs outside of the transaction, without locks: only buildIndex of concurrent-index.ts, which can be repeated. */
  isConcurrent?: true;
  /** the tables that it alters or builds indexes on; default: all */
  locks?: readonly (typeof LOCK_ORDER)[number][];
  /** the newest migration of the oldest version that may work beside it; default: its own version (coexistence.ts) */
  worksWith?: string;
};

type NamedMigration = Migration & { name: string };

/** The migrations that have been applied, by name; of those with a `worksWith`, it is the value. */
export type AppliedMigrations = ReadonlyMap<string, string | null>;

export async function appliedMigrations(db: Db): Promise<AppliedMigrations> {
  if (!(await isThere(db, 'kysely_migration'))) return new Map();
  // As JSON, because the column is missing until a version that knows it has recorded a migration.
  const { rows } = await sql<{ name: string; works_with: string | null }>`
    select name, to_jsonb(m) ->> 'works_with' as works_with from kysely_migration m`.execute(db);
  return new Map(rows.map((row) => [row.name, row.works_with]));
}

async function isThere(db: Db, table: string): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(
    db,
  );
  return rows[0]?.there === true;
}

const LONGEST_TURN_MS = 600_000; // enough to build an index over a hundred million rows

/**
 * Runs a migration as soon as no other process migrates and its locks are available.
 * @returns false if another process has run it
 */
export async function runMigration(
  db: Db,
  migration: NamedMigration,
  { patienceMs, onWait }: { patienceMs: number; onWait(): void },
): Promise<boolean> {
  let hasWaited = false;
  const wait = (): void => {
    if (!hasWaited) onWait();
    hasWaited = true;
  };
  const giveUpAt = Date.now() + LONGEST_TURN_MS;
  for (let turn = 0; ; turn += 1) {
    const result = await retryLocked((attempt) => runOnce(db, migration, attempt), {
      patienceMs,
      onRetry: wait,
    });
    if (result !== 'another migrates') return result === 'done';
    if (Date.now() > giveUpAt) throw anotherMigrates(migration);
    wait();
    await sleep(pauseMs(turn));
  }
}

const SHORT_LOCK_WAIT_MS = 300;
const LONG_LOCK_WAIT_MS = 3_000;
const SHORT_ATTEMPTS = 10; // about 10 s

async function runOnce(
  db: Db,
  migration: NamedMigration,
  attempt: number,
): Promise<'done' | 'was there' | 'another migrates'> {
  const { name, up, isConcurrent, worksWith } = migration;
  return db.transaction().execute(async (trx) => {
    const lockWaitMs = attempt < SHORT_ATTEMPTS ? SHORT_LOCK_WAIT_MS : LONG_LOCK_WAIT_MS;
    await sql`
      select set_config('lock_timeout', ${`${lockWaitMs}ms`}, true), set_config('statement_timeout', '0', true)`.execute(
      trx,
    );
    if (!(await isOurTurn(trx))) return 'another migrates';
    if ((await appliedMigrations(trx)).has(name)) return 'was there';
    if (isConcurrent) await beside(trx, () => up(db));
    else await alone(trx, migration);
    await recordMigration(trx, name, worksWith ?? name);
    return 'done';
  });
}

async function alone(trx: Db, { up, locks = LOCK_ORDER }: Migration): Promise<void> {
  for (const table of LOCK_ORDER)
    if (locks.includes(table) && (await isThere(trx, table)))
      await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(trx);
  await up(trx);
}

/** The transaction has the lock for migrations and no snapshot, so nothing that is built waits for it. */
async function beside(trx: Db, work: () => Promise<void>): Promise<void> {
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx);
  await work();
}

const MIGRATION_LOCK = '3853314791062309107'; // the key that Kysely's PostgreSQL adapter uses

async function isOurTurn(trx: Db): Promise<boolean> {
  const { rows } = await sql<{ ours: boolean }>`
    select pg_try_advisory_xact_lock(${sql.raw(MIGRATION_LOCK)}) as ours`.execute(trx);
  return rows[0]?.ours === true;
}

/** Records the migration in Kysely's table, where earlier versions look for it. */
async function recordMigration(trx: Db, name: string, worksWith: string): Promise<void> {
  if (!(await isThere(trx, 'kysely_migration')))
    await sql`
      create table kysely_migration (name varchar(255) primary key, "timestamp" varchar(255) not null)`.execute(
      trx,
    );
  if (!(await hasWorksWith(trx)))
    await sql`alter table kysely_migration add column works_with text`.execute(trx);
  await sql`
    insert into kysely_migration (name, "timestamp", works_with)
    values (${name}, ${new Date().toISOString()}, ${worksWith})`.execute(trx);
}

async function hasWorksWith(trx: Db): Promise<boolean> {
  const { rows } = await sql`
    select from pg_attribute
    where attrelid = 'kysely_migration'::regclass and attname = 'works_with' and not attisdropped`.execute(
    trx,
  );
  return rows.length > 0;
}

function anotherMigrates({ name }: NamedMigration): Problem {
  return new Problem('migration_failed', {
    detail: `Another process has been migrating the database for 10 minutes, so ${name} was not started. Check pg_stat_activity, then start again.`,
  });
}

/** A sentence about the oldest transaction that holds a lock on the migration's tables. */
export async function whoHolds(db: Db, { locks = LOCK_ORDER }: Migration): Promise<string> {
  const { rows } = await sql<{ pid: number; program: string; table: string; seconds: number }>`
    select a.pid, a.application_name as program, c.relname as table,
      round(extract(epoch from now() - a.xact_start))::integer as seconds
    from pg_locks l
    join pg_class c on c.oid = l.relation
    join pg_stat_activity a on a.pid = l.pid
    where l.granted and c.relname = any(${[...locks]}::text[]) and a.pid <> pg_backend_pid()
      and a.xact_start is not null
    order by a.xact_start
    limit 1`.execute(db);
  const [holder] = rows;
  if (!holder) return 'other processes used its tables continuously. Stop the workers for a moment.';
  const { pid, program, table, seconds } = holder;
  return `${program || 'a program'} (process ${pid} of PostgreSQL) has held the table ${table} in one transaction for ${seconds} s. End that transaction.`;
}
