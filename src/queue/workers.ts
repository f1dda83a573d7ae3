import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** A row of `workers`. `capacity`: how many tasks it handles at once (the column `slots`). */
export type WorkerReport = { id: string; capacity: number; version: string };

/** Of a row of `workers`. A live worker reports every 5 s; after 30 s of silence it counts as dead. */
export const IS_LIVE = sql`seen_at > now() - interval '30 seconds'`;

/** Of a row of `workers`: silent for so long that it was killed, and not only suspended for a while. */
export const IS_DEAD_FOR_LONG = sql`seen_at < now() - interval '1 hour'`;

/** The heartbeat of a worker. The first one registers it. */
export async function reportWorker(db: Db, { id, capacity, version }: WorkerReport): Promise<void> {
  await sql`
    insert into workers (worker_id, machine, pid, version, slots)
    values (${id}, ${hostname()}, ${process.pid}, ${version}, ${capacity})
    on conflict (tenant_id, worker_id) do update set seen_at = now(), slots = excluded.slots`.execute(db);
}

export async function forgetWorker(db: Db, id: string): Promise<void> {
  await sql`delete from workers where worker_id = ${id}`.execute(db);
}

/** @returns those of the worker ids that are alive */
export async function liveWorkers(db: Db, ids: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ worker_id: string }>`
    select worker_id from workers where worker_id = any(${ids}::uuid[]) and ${IS_LIVE}`.execute(db);
  return new Set(rows.map((row) => row.worker_id));
}
