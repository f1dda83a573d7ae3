/**
 * The third step of a purge (purge.ts): removes files, and then says so.
 *
 * A worker leases purges in one short transaction, removes their files with no transaction open, and marks them
 * as removed. It begins nothing later than 10 s after the lease was asked for, so that it has ended when the
 * lease runs out, and another worker takes the rest.
 *
 * A removal cannot be fenced: the last request of a worker that was frozen or cut off may arrive when another
 * worker has removed the files, and an image has made them again; so may a request that the client of a bucket
 * repeated. So a removal that follows one of unknown end is `doubtful`, and for a minute after it no image may
 * rely on these files. The doubt stays with the purge, also when it is asked for again.
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { newUuid } from '../ids.ts';
import { isThumbKey, type StorageKey } from '../storage/keys.ts';
import { REMOVE_WITHIN_MS, type Storage } from '../storage/storage.ts';

export type SetKey = { tenant_id: number; hash16: string };

/** What a purge removed: sets, and their files without thumbnails. */
export type Purged = { sets: number; files: number };

const SETS_AT_ONCE = 500; // about a thousand files, removed within a second
const KEYS_AT_ONCE = 100; // a process that wakes up after its time ends the removal of these, and begins no other
const LEASE = sql`interval '30 seconds'`;
const LATE = sql`interval '60 seconds'`;

/** SQL: of a row of `purges p` with `removed_at`, from when on no request of its removal can arrive any more. */
export const SAFE_AT = sql`(p.removed_at + case when p.doubtful then ${LATE} else interval '0' end)`;

/** Removes the files of the next purges that nobody has a lease of. */
export async function removeFiles(db: Db, storage: Storage, signal: AbortSignal): Promise<Purged> {
  const lease = newUuid();
  const endAt = performance.now() + REMOVE_WITHIN_MS; // before the lease begins by the database's clock
  const purges = await takeLease(db, lease);
  const isOver = (): boolean => signal.aborted || performance.now() > endAt;
  const removed: RemovedPurge[] = [];
  const left = groupsOf(purges);
  try {
    while (left.length > 0 && !isOver()) {
      const group = left.shift() ?? [];
      const timeLeft = AbortSignal.timeout(Math.max(1, Math.ceil(endAt - performance.now())));
      const removal = await storage.remove(
        group.flatMap(({ keys }) => keys),
        timeLeft,
      );
      const isDoubtful = removal === 'doubtful';
      for (const { tenant_id, hash16, keys } of group) removed.push({ tenant_id, hash16, keys, isDoubtful });
    }
  } finally {
    await markRemoved(db, lease, removed);
    await returnLease(db, lease, left.flat());
  }
  const keys = removed.flatMap((purge) => purge.keys);
  return { sets: removed.length, files: keys.filter((key) => !isThumbKey(key)).length };
}

type LeasedPurge = SetKey & { keys: StorageKey[] };
type RemovedPurge = LeasedPurge & { isDoubtful: boolean };

/** Purges whose lease has run out are taken too: their removal has an unknown end. */
async function takeLease(db: Db, lease: string): Promise<LeasedPurge[]> {
  const { rows } = await sql<LeasedPurge>`
    update purges p
    set lease = ${lease}, leased_until = clock_timestamp() + ${LEASE}, doubtful = doubtful or leased_until is not null
    from (
      select tenant_id, hash16 from purges
      where state = 'removing' and (leased_until is null or leased_until < now())
      order by asked_at limit ${SETS_AT_ONCE}
      for update skip locked
    ) next
    where p.tenant_id = next.tenant_id and p.hash16 = next.hash16
    returning p.tenant_id, p.hash16, p.keys`.execute(db);
  return rows;
}

/** Groups of whole purges. */
function groupsOf(purges: LeasedPurge[]): LeasedPurge[][] {
  const groups: LeasedPurge[][] = [];
  let [group, keys]: [LeasedPurge[], number] = [[], KEYS_AT_ONCE];
  for (const purge of purges) {
    if (keys >= KEYS_AT_ONCE) {
      [group, keys] = [[], 0];
      groups.push(group);
    }
    group.push(purge);
    keys += purge.keys.length;
  }
  return groups;
}

/** `clock_timestamp()`, because the statement may have waited. A purge whose lease another worker took stays its own. */
async function markRemoved(db: Db, lease: string, purges: RemovedPurge[]): Promise<void> {
  if (purges.length === 0) return;
  const rows = purges.map(({ tenant_id, hash16, isDoubtful }) => ({
    tenant_id,
    hash16,
    is_doubtful: isDoubtful,
  }));
  await sql`
    update purges p
    set state = 'removed', keys = null, removed_at = clock_timestamp(), lease = null, leased_until = null,
      doubtful = p.doubtful or r.is_doubtful
    from json_to_recordset(${JSON.stringify(rows)}) as r (tenant_id integer, hash16 text, is_doubtful boolean)
    where p.tenant_id = r.tenant_id and p.hash16 = r.hash16 and p.state = 'removing' and p.lease = ${lease}`.execute(
    db,
  );
}

/** Of purges whose removal has not begun. */
async function returnLease(db: Db, lease: string, sets: SetKey[]): Promise<void> {
  if (sets.length === 0) return;
  await sql`
    update purges set lease = null, leased_until = null
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'removing' and lease = ${lease}`.execute(db);
}

export function keysOf(sets: SetKey[]) {
  return sql`select * from unnest(${sets.map((set) => set.tenant_id)}::integer[], ${sets.map((set) => set.hash16)}::text[])`;
}
