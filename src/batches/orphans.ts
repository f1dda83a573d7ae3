/**
 * Orphans: files that no image refers to, because their worker was killed before it recorded them, or their
 * batch was cancelled while they were made. They break nothing, but would stay in storage for ever.
 *
 * One worker at a time searches the storage, part by part, once a day. An orphan is deleted by a purge
 * (purge.ts), never at once: a worker may be about to record that very file, or find it under the key of
 * another image. So safety does not depend on the age of a file; waiting for it keeps images that are in hand
 * from being processed again, and gives operators time who have restored a database of yesterday.
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { IS_DEAD_FOR_LONG } from '../queue/workers.ts';
import { setNameOf, type StorageKey } from '../storage/keys.ts';
import { type Listed, type Storage, UNFINISHED } from '../storage/storage.ts';
import { HOUR_MS } from '../units.ts';

/** How old files are before they count as orphans. */
const GRACE_MS = 48 * HOUR_MS;
const SEARCH_EVERY = sql`interval '1 day'`;
const TURN_MS = 300;

/** A rendition set that no image refers to, with the keys of its files. */
type Orphan = { tenantId: number; setId: string; keys: StorageKey[] };

/** What one part of the storage holds, and the cursor of the next part; undefined after the last. */
type Part = { orphans: Orphan[]; unfinished: StorageKey[]; sets: number; next: string | undefined };

/** What a search found: sets of files in all; sets without an image and their files; files that were never finished. */
export type Found = { sets: number; orphans: number; files: number; unfinished: number };

/** A turn of the periodic search. Every worker asks for it every few seconds; one at a time gets it, when a search is due. */
export async function searchStorage(db: Db, storage: Storage, signal: AbortSignal): Promise<Found> {
  const found = { sets: 0, orphans: 0, files: 0, unfinished: 0 };
  const until = performance.now() + TURN_MS;
  while (performance.now() < until) {
    const cursor = await takeTurn(db);
    if (cursor === undefined) break;
    const part = await searchPart(db, storage, { cursor, olderThanMs: GRACE_MS, signal });
    await clear(db, storage, part, signal);
    await endTurn(db, part.next);
    add(found, part);
  }
  return found;
}

/**
 * Searches the whole storage now. Orphans are deleted by the next `purgeFiles`.
 * @param clears whether what is found is to be deleted, or only counted
 * @param signal ends the search early
 */
export async function sweepStorage(
  db: Db,
  storage: Storage,
  { olderThanMs = GRACE_MS, clears, signal }: { olderThanMs?: number; clears: boolean; signal: AbortSignal },
): Promise<Found> {
  const found = { sets: 0, orphans: 0, files: 0, unfinished: 0 };
  let cursor: string | undefined = '';
  while (cursor !== undefined && !signal.aborted) {
    const part: Part | undefined = await searchPart(db, storage, { cursor, olderThanMs, signal }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
        return undefined;
      },
    );
    if (!part) break;
    if (clears) await clear(db, storage, part, signal);
    add(found, part);
    cursor = part.next;
  }
  return found;
}

function add(found: Found, { sets, orphans, unfinished }: Part): void {
  found.sets += sets;
  found.orphans += orphans.length;
  found.files += orphans.reduce((total, { keys }) => total + keys.length, 0);
  found.unfinished += unfinished.length;
}

/** Forgets killed workers and their leases. @returns how many there were */
export async function forgetDeadWorkers(db: Db): Promise<number> {
  const { rows } = await sql<{ dead: number }>`
    with dead as (delete from workers where ${IS_DEAD_FOR_LONG} returning worker_id),
      leases as (delete from host_leases where worker_id in (select worker_id from dead) and leased_until < now())
    select count(*) as dead from dead`.execute(db);
  return rows[0]?.dead ?? 0;
}

/** @param cursor a key: the part begins after it */
async function searchPart(
  db: Db,
  storage: Storage,
  { cursor, olderThanMs, signal }: { cursor: string; olderThanMs: number; signal: AbortSignal },
): Promise<Part> {
  const page = await firstPage(storage.list('', signal, cursor));
  const { ours, unreferred, now } = await ownSets(db, [...new Set(page.map(setOf))]);
  const isOld = ({ modifiedAt }: Listed): boolean => now.getTime() - modifiedAt.getTime() >= olderThanMs;
  const own = page.filter((file) => ours.has(setOf(file)));
  const { unfinished = [], whole = [] } = Object.groupBy(own, ({ key }) =>
    UNFINISHED.test(key) ? 'unfinished' : 'whole',
  );
  const orphans = [...Map.groupBy(whole, setOf)].flatMap(([set, files]): Orphan[] => {
    const tenantId = unreferred.get(set);
    if (tenantId === undefined || !files.every(isOld)) return [];
    return [{ tenantId, setId: set.split('/')[1] ?? '', keys: files.map(keyOf) }];
  });
  const old = unfinished.filter(isOld).map(keyOf);
  return { orphans, unfinished: old, sets: ours.size, next: page.at(-1)?.key };
}

async function firstPage(pages: AsyncIterable<Listed[]>): Promise<Listed[]> {
  for await (const page of pages) return page;
  return [];
}

function keyOf({ key }: Listed): StorageKey {
  return key;
}

function setOf({ key }: Listed): string {
  return setNameOf(key);
}

/**
 * Which of the sets in storage belong to a tenant of this database (`ours`), and which of these no image and no batch
 * refers to (`unreferred`, with the tenant's id). Others belong to another database with the same storage.
 */
async function ownSets(
  db: Db,
  sets: string[],
): Promise<{ ours: Set<string>; unreferred: Map<string, number>; now: Date }> {
  const { rows } = await sql<{ set: string; tenant_id: number; is_referred: boolean; now: Date }>`
    select s.set, t.tenant_id, clock_timestamp() as now,
      exists (select from images i where i.tenant_id = t.tenant_id and i.hash16 = split_part(s.set, '/', 2))
        or exists (select from uploaded_files u where u.tenant_id = t.tenant_id and u.hash16 = split_part(s.set, '/', 2))
        as is_referred
    from unnest(${sets}::text[]) as s (set)
    join tenants t on t.token = split_part(s.set, '/', 1)`.execute(db);
  return {
    ours: new Set(rows.map((row) => row.set)),
    unreferred: new Map(rows.flatMap((row) => (row.is_referred ? [] : [[row.set, row.tenant_id] as const]))),
    now: rows[0]?.now ?? new Date(0),
  };
}

async function clear(
  db: Db,
  storage: Storage,
  { orphans, unfinished }: Part,
  signal: AbortSignal,
): Promise<void> {
  await storage.remove(unfinished, signal);
  await askForPurgesOf(db, orphans);
}

export async function askForPurgesOf(db: Db, orphans: Orphan[]): Promise<void> {
  if (orphans.length === 0) return;
  const rows = orphans.map(({ tenantId, setId, keys }) => ({
    tenant_id: tenantId,
    hash16: setId,
    found: keys,
  }));
  await sql`
    insert into purges (tenant_id, hash16, found)
    select * from json_to_recordset(${JSON.stringify(rows)}) as p (tenant_id integer, hash16 text, found text[])
    order by tenant_id, hash16
    on conflict (tenant_id, hash16) do nothing`.execute(db);
}

/** @returns the cursor of the part that this worker alone may search now */
async function takeTurn(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ place: string }>`
    update storage_sweep
    set leased_until = now() + interval '1 minute', place = coalesce(place, ''),
      due_at = case when place is null then now() + ${SEARCH_EVERY} else due_at end
    where leased_until < now() and (place is not null or due_at <= now())
    returning place`.execute(db);
  return rows[0]?.place;
}

async function endTurn(db: Db, next: string | undefined): Promise<void> {
  await sql`update storage_sweep set place = ${next ?? null}, leased_until = '-infinity'`.execute(db);
}
