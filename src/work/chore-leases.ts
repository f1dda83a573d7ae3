/**
 * Chores of which one worker at a time is enough. Workers ask for what is due in one statement, and the first one
 * leases it: it moves the time at which the chore is due again. While a chore runs, its worker moves that time on,
 * so nobody begins it a second time; a worker that is killed, frozen or cut off stops doing so, and another one
 * begins it. Chores are idempotent, so two at once do no harm.
 *
 * An advisory lock would keep a transaction open for each chore, and could not tell when it ran last.
 */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { type Chore, type Repeated, runLogged } from './repeat.ts';

const ASK_EVERY_MS = 1_000;
const MS_PER_WORKER = 500; // all workers together ask twice a second
const LONGEST_WAIT_MS = 10_000;

export type LeaseParts = {
  db: Db;
  workerId: string;
  /** how many workers are alive, with this one */
  liveWorkers(): number;
  /** whether this worker must leave all chores to others */
  isPaused(): boolean;
  log: Logger;
};

/** @returns what each worker does again and again: it asks what is due, and runs what it leases */
export function leasedChores(
  chores: Chore[],
  { db, workerId, liveWorkers, isPaused, log }: LeaseParts,
): Repeated {
  const running = new Set<string>();

  async function run(chore: Chore): Promise<void> {
    running.add(chore.name);
    await runLogged(chore, log);
    running.delete(chore.name);
  }

  return {
    name: 'lease chores',
    everyMs: () => (running.size > 0 ? ASK_EVERY_MS : waitMs(liveWorkers())),
    async run() {
      if (isPaused()) return;
      const due = await takeDue(db, workerId, { chores, running });
      for (const chore of chores) if (due.has(chore.name) && !running.has(chore.name)) void run(chore);
    },
  };
}

function waitMs(liveWorkers: number): number {
  return Math.min(Math.max(ASK_EVERY_MS, MS_PER_WORKER * liveWorkers), LONGEST_WAIT_MS);
}

/** Chores that nobody has run yet are due after their interval. */
export async function addChores(db: Db, chores: Chore[]): Promise<void> {
  await sql`
    insert into chores (name, due_at)
    select name, now() + every_ms * interval '1 millisecond' from ${rowsOf(chores)}
    order by name
    on conflict do nothing`.execute(db);
}

/** @returns the chores that this worker has leased now, with those that it runs */
async function takeDue(
  db: Db,
  workerId: string,
  { chores, running }: { chores: Chore[]; running: Set<string> },
): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    update chores c
    set due_at = clock_timestamp() + next.every_ms * interval '1 millisecond', worker_id = ${workerId}
    from (
      select name, n.every_ms from chores join ${rowsOf(chores)} using (name)
      where due_at <= now() or (worker_id = ${workerId} and name = any(${[...running]}))
      order by name
      for update of chores skip locked
    ) next
    where c.name = next.name
    returning c.name`.execute(db);
  return new Set(rows.map((row) => row.name));
}

function rowsOf(chores: Chore[]) {
  const rows = chores.map(({ name, everyMs }) => ({ name, every_ms: everyMs }));
  return sql`json_to_recordset(${JSON.stringify(rows)}) as n (name text, every_ms float8)`;
}
