import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** A row of `workers`. `capacity`: how many tasks it handles at once (the column `slots`). */
export type WorkerIdentity = { id: string; machine: string; version: string; capacity: number };

export type WorkerDoing = {
  /** images */
  inHand: number;
  /** why it claims nothing; empty while it does */
  pausedBecause: string[];
  /** how long ago it has stored a file; undefined: never */
  storedAgoMs?: number | undefined;
};

/** What a worker learns when it reports: how many are alive, with itself, and how far its clock is ahead. */
export type Standing = { liveWorkers: number; clockAheadMs: number };

/** Of a row of `workers`. A live worker reports every 5 s; after 30 s of silence it counts as dead. */
export const IS_LIVE = sql`seen_at > now() - interval '30 seconds'`;

/** Of a row of `workers`: silent for so long that it was killed, and not only suspended for a while. */
export const IS_DEAD_FOR_LONG = sql`seen_at < now() - interval '1 hour'`;

/** The heartbeat of a worker. The first one registers it. */
export async function reportWorker(
  db: Db,
  { id, machine, version, capacity }: WorkerIdentity,
  { inHand, pausedBecause, storedAgoMs }: WorkerDoing,
): Promise<Standing> {
  const sentAt = Date.now();
  const { rows } = await sql<{ others: number; now_ms: number }>`
    insert into workers (worker_id, machine, pid, version, slots, in_hand, paused_because, stored_at)
    values (${id}, ${machine}, ${process.pid}, ${version}, ${capacity}, ${inHand}, ${pausedBecause},
      now() - ${storedAgoMs ?? null}::float8 * interval '1 millisecond')
    on conflict (tenant_id, worker_id) do update
      set seen_at = now(), slots = excluded.slots, in_hand = excluded.in_hand, paused_because = excluded.paused_because,
        stored_at = excluded.stored_at
    returning (select count(*) from workers w where w.worker_id <> workers.worker_id and ${IS_LIVE}) as others,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms`.execute(db);
  const { others = 0, now_ms: databaseMs = sentAt } = rows[0] ?? {};
  return { liveWorkers: others + 1, clockAheadMs: (sentAt + Date.now()) / 2 - databaseMs };
}

/** Whether another live worker has stored a file within the last so many milliseconds, as it has reported. */
export async function hasOtherStored(db: Db, id: string, withinMs: number): Promise<boolean> {
  const { rows } = await sql`
    select from workers
    where worker_id <> ${id} and ${IS_LIVE} and stored_at > now() - ${withinMs}::float8 * interval '1 millisecond'
    limit 1`.execute(db);
  return rows.length > 0;
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

export type WorkerRow = {
  worker_id: string;
  machine: string;
  pid: number;
  version: string;
  slots: number;
  in_hand: number;
  paused_because: string[];
  started_at: Date;
  seen_at: Date;
};

/** The live workers by machine, those that run longest first. */
export async function listLiveWorkers(db: Db): Promise<WorkerRow[]> {
  const { rows } = await sql<WorkerRow>`
    select worker_id, machine, pid, version, slots, in_hand, paused_because, started_at, seen_at
    from workers where ${IS_LIVE} order by machine, started_at, worker_id`.execute(db);
  return rows;
}
