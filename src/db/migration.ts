/**
 * How one migration runs beside processes of the version before, which go on recording.
 *
 * - In a transaction of its own, which holds Kysely's lock of migrations (versions before this one let
 *   Kysely run theirs): it is there whole or not at all, whatever ends the process.
 * - It locks its tables before it does anything, in the order in which results are recorded, so that a
 *   transaction that records never waits for it while it waits for that one.
 * - A lock that is waited for stops everybody who comes later. So it gives way soon, lets them through,
 *   and tries again: the first waits are shorter than PostgreSQL's deadlock_timeout (1 s), so that in a
 *   deadlock with a statement that locks in another order it is the migration that loses; the later ones
 *   are longer, because only after that time autovacuum gives way to us.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Db } from './database.ts';
import { pauseMs, retryLocked } from './locks.ts';

/** The order in which results are recorded (batches/record.ts), and what others use after it. */
const LOCK_ORDER = [
  ...(['batches', 'products', 'hosts', 'sources', 'rendition_sets', 'renditions', 'images'] as const),
  ...(['purges', 'attempts', 'webhook_deliveries', 'idempotency_keys'] as const),
];

export type Migration = {
  up(db: Db): Promise<void>;
  /** the tables that it alters or builds indexes on; all, if it does not say */
  locks?: readonly (typeof LOCK_ORDER)[number][];
};

type NamedMigration = Migration & { name: string };

/** The names of the migrations that the database has. */
export async function appliedMigrations(db: Db): Promise<Set<string>> {
  if (!(await isThere(db, 'kysely_migration'))) return new Set();
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return new Set(rows.map((row) => row.name));
}

async function isThere(db: Db, table: string): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(
    db,
  );
  return rows[0]?.there === true;
}

const LONGEST_TURN_MS = 600_000; // an index of a hundred million rows is built in this time

/**
 * Runs a migration as soon as nobody else migrates and its locks can be had.
 * @returns false where another process has run it
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
const SHORT_ATTEMPTS = 10; // some 10 s

async function runOnce(
  db: Db,
  { name, up, locks = LOCK_ORDER }: NamedMigration,
  attempt: number,
): Promise<'done' | 'was there' | 'another migrates'> {
  return db.transaction().execute(async (trx) => {
    const lockWaitMs = attempt < SHORT_ATTEMPTS ? SHORT_LOCK_WAIT_MS : LONG_LOCK_WAIT_MS;
    await sql`
      select set_config('lock_timeout', ${`${lockWaitMs}ms`}, true), set_config('statement_timeout', '0', true)`.execute(
      trx,
    );
    if (!(await isOurTurn(trx))) return 'another migrates';
    if ((await appliedMigrations(trx)).has(name)) return 'was there';
    for (const table of LOCK_ORDER)
      if (locks.includes(table) && (await isThere(trx, table)))
        await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(trx);
    await up(trx);
    await writeDown(trx, name);
    return 'done';
  });
}

const MIGRATION_LOCK = '3853314791062309107'; // of Kysely's adapter for PostgreSQL

async function isOurTurn(trx: Db): Promise<boolean> {
  const { rows } = await sql<{ ours: boolean }>`
    select pg_try_advisory_xact_lock(${sql.raw(MIGRATION_LOCK)}) as ours`.execute(trx);
  return rows[0]?.ours === true;
}

/** In Kysely's table, where versions before this one look. */
async function writeDown(trx: Db, name: string): Promise<void> {
  if (!(await isThere(trx, 'kysely_migration')))
    await sql`
      create table kysely_migration (name varchar(255) primary key, "timestamp" varchar(255) not null)`.execute(
      trx,
    );
  await sql`
    insert into kysely_migration (name, "timestamp") values (${name}, ${new Date().toISOString()})`.execute(
    trx,
  );
}

function anotherMigrates({ name }: NamedMigration): Problem {
  return new Problem('migration_failed', {
    detail: `Another process has been migrating the database for 10 minutes, so ${name} was not begun. See what it does (pg_stat_activity), and start again.`,
  });
}

/** A sentence about the oldest transaction that holds a lock on the migration's tables now. */
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
  if (!holder) return 'others used its tables all the time. Stop the workers for a moment.';
  const { pid, program, table, seconds } = holder;
  return `${program || 'a program'} (process ${pid} of PostgreSQL) has used the table ${table} in one transaction for ${seconds} s. End that transaction.`;
}
