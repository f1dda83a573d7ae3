import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

export type Worker = { id: string; machine: string; pid: number; slots: number; version: string };

/** Of a row of `workers`. One that was not seen for 30 s is dead; it says that it lives every 5 s. */
export const IS_LIVE = sql`seen_at > now() - interval '30 seconds'`;

/** Of a row of `workers`: it was killed, and not only stopped for a while. */
export const IS_DEAD_FOR_LONG = sql`seen_at < now() - interval '1 hour'`;

/** Says that a worker lives; also its first time. */
export async function reportWorker(db: Db, worker: Pick<Worker, 'id' | 'slots' | 'version'>): Promise<void> {
  await sql`
    insert into workers (worker_id, machine, pid, version, slots)
    values (${worker.id}, ${hostname()}, ${process.pid}, ${worker.version}, ${worker.slots})
    on conflict (tenant_id, worker_id) do update set seen_at = now(), slots = excluded.slots`.execute(db);
}

export async function forgetWorker(db: Db, id: string): Promise<void> {
  await sql`delete from workers where worker_id = ${id}`.execute(db);
}

/** Which of these workers are alive. */
export async function liveWorkers(db: Db, ids: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ worker_id: string }>`
    select worker_id from workers where worker_id = any(${ids}::uuid[]) and ${IS_LIVE}`.execute(db);
  return new Set(rows.map((row) => row.worker_id));
}
