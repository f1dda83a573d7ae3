import { sql } from 'kysely';
import { type Db, isPassingTrouble } from '../db/database.ts';
import type { StorageKey } from '../storage/keys.ts';
import { type Storage, StorageTrouble } from '../storage/storage.ts';
import type { SetKey } from './remove-files.ts';

type RecordedFile = { key: StorageKey; bytes: number };

/**
 * Removes files of a set that have another size than they were recorded with, so that they can be made again.
 *
 * As with purges (purge.ts), the request may arrive late, or this process die before it is answered. So a doubtful
 * removal is noted first, which keeps images of the set from being completed for a minute, and forgotten when the
 * removal is certain. Then the files are looked at again: whoever has made them before the note may have recorded them.
 * @throws StorageTrouble, also while the database is away
 */
export async function removeDamaged(
  db: Db,
  storage: Storage,
  { set, files }: { set: SetKey; files: RecordedFile[] },
  signal: AbortSignal,
): Promise<void> {
  const note = await noteRemoval(db, set).catch((error: unknown) => {
    if (!isPassingTrouble(error)) throw error;
    throw new StorageTrouble('a damaged file cannot be removed while the database is away', { cause: error });
  });
  const sizes = await storage.sizesOf(
    files.map(({ key }) => key),
    signal,
  );
  const damaged = files.filter(({ bytes }, i) => sizes[i] !== undefined && sizes[i] !== bytes);
  const removal = await storage.remove(
    damaged.map(({ key }) => key),
    signal,
  );
  if (removal !== 'certain' || !note.isNew) return;
  await forgetNote(db, set, note).catch((error: unknown) => {
    if (!isPassingTrouble(error)) throw error; // else it costs a minute
  });
}

type Note = { removedAt: string; isNew: boolean };

async function noteRemoval(db: Db, { tenant_id, hash16 }: SetKey): Promise<Note> {
  const { rows } = await sql<Note>`
    insert into purges (tenant_id, hash16, state, removed_at, doubtful)
    values (${tenant_id}, ${hash16}, 'removed', clock_timestamp(), true)
    on conflict (tenant_id, hash16) do update
      set removed_at = excluded.removed_at, doubtful = true
      where purges.state <> 'removing' -- nothing is completed then anyway
    returning removed_at::text as "removedAt", xmax = 0 as "isNew"`.execute(db);
  return rows[0] ?? { removedAt: '', isNew: false };
}

async function forgetNote(db: Db, { tenant_id, hash16 }: SetKey, { removedAt }: Note): Promise<void> {
  await sql`
    delete from purges
    where tenant_id = ${tenant_id} and hash16 = ${hash16} and state = 'removed'
      and removed_at = ${removedAt}::timestamptz`.execute(db);
}
