import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

export type Worker = { id: string; machine: string; pid: number; slots: number; version: string };

/** A worker that was not seen for this long is dead; it says that it lives every 5 s. */
const STALE = sql`interval '30 seconds'`;

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
    select worker_id from workers where worker_id = any(${ids}::uuid[]) and seen_at > now() - ${STALE}`.execute(
    db,
  );
  return new Set(rows.map((row) => row.worker_id));
}

/** How many tasks all live workers can have in hand together. */
export async function liveSlots(db: Db): Promise<number> {
  const { rows } = await sql<{ slots: number }>`
    select coalesce(sum(slots), 0)::integer as slots from workers where seen_at > now() - ${STALE}`.execute(
    db,
  );
  return rows[0]?.slots ?? 0;
}
