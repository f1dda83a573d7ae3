/**
 * Files to which no image refers: their worker was killed before it had recorded them, or their batch was
 * cancelled while they were made. Nothing breaks, but they would lie in the storage for ever.
 *
 * The storage is looked through part by part, one worker at a time, a round every few hours. What is found
 * goes by way of the purges (purge.ts), never at once: a worker may just be about to record that very file,
 * or meet it under the key that it stores another image under. So a file's age is not what it depends on;
 * it only spares images that are in work from being done again.
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { IS_DEAD_FOR_LONG } from '../queue/workers.ts';
import type { StorageKey } from '../storage/keys.ts';
import { type Storage, UNFINISHED } from '../storage/storage.ts';

/** No image is recorded that was claimed longer ago (record.ts), so no older file is on its way to its row. */
const GRACE_MS = 30 * 60_000;
const ROUND_EVERY = sql`interval '6 hours'`;
const A_TURN_MS = 300;

/** A set of files to which no image refers. */
type Orphan = { tenantId: number; hash16: string; keys: StorageKey[] };

/** What lies in a part of the storage. */
type Look = { orphans: Orphan[]; unfinished: StorageKey[]; sets: number; next: string | undefined };

/** A turn of the search. Every worker does this every few seconds; one of them is let in, when a round is due. */
export async function searchStorage(db: Db, storage: Storage): Promise<void> {
  for (const until = performance.now() + A_TURN_MS; performance.now() < until;) {
    const place = await takeTurn(db);
    if (place === undefined) return;
    const look = await lookAt(db, storage, place, GRACE_MS);
    await clear(db, storage, look);
    await endTurn(db, look.next);
  }
}

export type Swept = { sets: number; orphans: number; files: number; unfinished: number };

/**
 * Looks through the whole storage now. Files are gone after the next `purgeFiles`.
 * @param clears whether what is found is to be purged, or only counted
 * @param signal ends it early
 */
export async function sweepStorage(
  db: Db,
  storage: Storage,
  { olderThanMs = GRACE_MS, clears, signal }: { olderThanMs?: number; clears: boolean; signal?: AbortSignal },
): Promise<Swept> {
  const swept = { sets: 0, orphans: 0, files: 0, unfinished: 0 };
  for (let place: string | undefined = ''; place !== undefined && !signal?.aborted;) {
    const look: Look = await lookAt(db, storage, place, olderThanMs);
    if (clears) await clear(db, storage, look);
    swept.sets += look.sets;
    swept.orphans += look.orphans.length;
    swept.files += look.orphans.reduce((total, { keys }) => total + keys.length, 0);
    swept.unfinished += look.unfinished.length;
    place = look.next;
  }
  return swept;
}

/** A batch was cancelled: what was in work may be stored within moments, and is looked for when it is old enough. */
export async function searchSoon(trx: Db): Promise<void> {
  await sql`
    update storage_sweep set due_at = least(due_at, now() + ${GRACE_MS} * interval '1 millisecond')
    where due_at > now() + ${GRACE_MS} * interval '1 millisecond'`.execute(trx);
}

/** Workers that were killed leave their rows, their places, and files that they had not recorded. */
export async function forgetDeadWorkers(db: Db): Promise<void> {
  await sql`
    with dead as (delete from workers where ${IS_DEAD_FOR_LONG} returning worker_id),
      leases as (delete from host_leases where worker_id in (select worker_id from dead) and leased_until < now())
    update storage_sweep set due_at = least(due_at, now()) where exists (select from dead)`.execute(db);
}

async function lookAt(db: Db, storage: Storage, place: string, olderThanMs: number): Promise<Look> {
  const { keys, next } = await storage.list(place);
  const { known, unreferred, now } = await setsOf(db, [...new Set(keys.map(setOf))]);
  const isOld = async (key: StorageKey): Promise<boolean> => {
    const madeAt = await storage.madeAt(key);
    return madeAt !== undefined && now.getTime() - madeAt.getTime() >= olderThanMs;
  };
  const ours = keys.filter((key) => known.has(setOf(key)));
  const { unfinished = [], whole = [] } = Object.groupBy(ours, (key) =>
    UNFINISHED.test(key) ? 'unfinished' : 'whole',
  );
  const orphans: Orphan[] = [];
  for (const [set, files] of Map.groupBy(whole, setOf)) {
    const tenantId = unreferred.get(set);
    if (tenantId !== undefined && (await every(files, isOld)))
      orphans.push({ tenantId, hash16: set.split('/')[1] ?? '', keys: files });
  }
  return { orphans, unfinished: await filter(unfinished, isOld), sets: known.size, next };
}

/** `{token}/{hash16}` of a key. */
function setOf(key: StorageKey): string {
  return key.slice(0, key.lastIndexOf('/'));
}

/** What the database knows of sets of files. Those of tenants that it does not have belong to somebody else. */
async function setsOf(
  db: Db,
  sets: string[],
): Promise<{ known: Set<string>; unreferred: Map<string, number>; now: Date }> {
  const { rows } = await sql<{ set: string; tenant_id: number; is_referred: boolean; now: Date }>`
    select s.set, t.tenant_id, clock_timestamp() as now,
      exists (select from images i where i.tenant_id = t.tenant_id and i.hash16 = split_part(s.set, '/', 2)) as is_referred
    from unnest(${sets}::text[]) as s (set)
    join tenants t on t.token = split_part(s.set, '/', 1)`.execute(db);
  return {
    known: new Set(rows.map((row) => row.set)),
    unreferred: new Map(rows.flatMap((row) => (row.is_referred ? [] : [[row.set, row.tenant_id] as const]))),
    now: rows[0]?.now ?? new Date(0),
  };
}

async function clear(db: Db, storage: Storage, { orphans, unfinished }: Look): Promise<void> {
  await storage.remove(unfinished);
  await askForPurges(db, orphans);
}

async function askForPurges(db: Db, orphans: Orphan[]): Promise<void> {
  if (orphans.length === 0) return;
  const rows = orphans.map(({ tenantId, hash16, keys }) => ({ tenant_id: tenantId, hash16, found: keys }));
  await sql`
    insert into purges (tenant_id, hash16, found)
    select * from json_to_recordset(${JSON.stringify(rows)}) as p (tenant_id integer, hash16 text, found text[])
    order by tenant_id, hash16
    on conflict (tenant_id, hash16) do nothing`.execute(db);
}

/** @returns the place that is to be looked at now, by us alone */
async function takeTurn(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ place: string }>`
    update storage_sweep
    set leased_until = now() + interval '1 minute', place = coalesce(place, ''),
      due_at = case when place is null then now() + ${ROUND_EVERY} else due_at end
    where leased_until < now() and (place is not null or due_at <= now())
    returning place`.execute(db);
  return rows[0]?.place;
}

async function endTurn(db: Db, next: string | undefined): Promise<void> {
  await sql`update storage_sweep set place = ${next ?? null}, leased_until = '-infinity'`.execute(db);
}

async function filter<T>(items: T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const item of items) if (await test(item)) kept.push(item);
  return kept;
}

async function every<T>(items: T[], test: (item: T) => Promise<boolean>): Promise<boolean> {
  return (await filter(items, test)).length === items.length;
}
