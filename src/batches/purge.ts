/**
 * Deletes files that no image refers to.
 *
 * A set (tenant, `hash16`) owns its files, and completed images of any batch refer to it. The rule: an image
 * never refers to a set whose files are gone. A row of `purges` goes through these states:
 *
 * asked -> (row deleted), or removed again     an image still refers to the set
 * asked -> removing -> removed -> (deleted)    none does; the row is forgotten after an hour
 * removed -> asked                             another batch that referred to the set was deleted
 *
 * 1. Deleting a batch (delete.ts) asks for the purge of its sets, in the transaction that deletes its images.
 * 2. A worker decides: it locks asked purges and their sets FOR UPDATE, which waits for transactions that
 *    are recording images of these sets. A later statement, whose snapshot has these images, deletes the
 *    purges of sets that an image refers to. The worker deletes the other sets, and writes the keys of their
 *    files into the purge. This commits before any file is removed, so a worker that dies never leaves a
 *    set without files.
 * 3. A worker removes the files, and then takes the time for `removed_at`: see remove-files.ts.
 *
 * Storing a file under an existing key keeps the existing file, so a worker may rely on a file that is
 * being removed. Therefore recording (work/record.ts) first adds its sets, or locks existing ones FOR KEY
 * SHARE (record-renditions.ts), and checks the purges in a later statement (end-images.ts). An image is
 * recorded as completed only if its set was not deleted meanwhile, no purge is removing its files, and none
 * has removed them since the image was claimed, which is before its worker stored anything; after a doubtful
 * removal, none in the minute before either. Otherwise it is processed again, and loses no try.
 *
 * - A purge in state `asked` is harmless: its decision will see the image.
 * - A purge that is asked for again keeps `removed_at`: images that were claimed before are still in work. If an
 *   image refers to the set again, it goes back to `removed`.
 * - Processing again may leave a set without images and files. Nothing follows from a set alone.
 *
 * Orphans (orphans.ts), left by killed workers and cancelled batches, are purged too, by the keys that were
 * found: their set may never have been recorded. Step 2 then inserts the set first, so that it and a worker
 * that records an image of the set wait for each other, as with any other set. An orphan's purge is requested
 * only if there is none yet: it must not erase when files were removed.
 *
 * Sets whose files are damaged (verify/) are deleted although images refer to them: forgetSets. A worker that meets
 * a file of another size removes it alone: remove-damaged.ts.
 *
 * Thumbnails (pictures/thumbs.ts) are in no table. Step 3 removes that of each set, whether there is one or not. One
 * that is stored later, because it was being made, is an orphan.
 *
 * Uploaded files (pipeline/uploaded-source.ts) have a set id of their own for each batch, and no set. Deleting their
 * batch asks for their purges as for those of orphans, by their keys. What a refused upload had stored is purged so too.
 *
 * Locks, in this order: purges; sets by (tenant, hash16).
 */
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { KEY_SQL, THUMB_KEY_SQL } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { keysOf, type Purged, removeFiles, type SetKey } from './remove-files.ts';

const SETS_AT_ONCE = 500; // their purges and sets are locked until all of them are decided

/** Purges until nothing is left to purge. */
export async function purgeFiles(db: Db, storage: Storage, signal: AbortSignal): Promise<Purged> {
  const purged = { sets: 0, files: 0 };
  let isBusy = true;
  while (isBusy && !signal.aborted) {
    // Files of decided purges go first: an image of a set that is being removed is done again and again.
    const removed = await removeFiles(db, storage, signal);
    const decided = await decidePurges(db);
    purged.sets += removed.sets;
    purged.files += removed.files;
    isBusy = removed.sets + decided > 0;
  }
  if (!signal.aborted) await forgetPurges(db);
  return purged;
}

/**
 * Deletes sets whose files are damaged, although images refer to them: these have no files until the next run of
 * the same sources makes them again. An image that is being recorded meanwhile is processed again. The files,
 * damaged ones too, are removed by step 3: what is stored under an existing key would be ignored.
 */
export async function forgetSets(db: Db, sets: SetKey[]): Promise<void> {
  if (sets.length === 0) return;
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into purges (tenant_id, hash16)
      select * from (${keysOf(sets)}) as s (tenant_id, hash16) order by tenant_id, hash16
      on conflict (tenant_id, hash16) do update
        set state = 'asked', asked_at = now(), keys = null
        where purges.state in ('asked', 'removed')`.execute(trx);
    await lockSets(trx, sets);
    await writeKeys(trx, sets);
    await deleteSets(trx, sets);
  });
}

/** Step 2. @returns how many purges were decided */
async function decidePurges(db: Db): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const sets = await lockAsked(trx);
    if (sets.length === 0) return 0;
    await addMissingSets(trx, sets);
    await lockSets(trx, sets);
    await dropReferred(trx, sets);
    await writeKeys(trx, sets);
    await deleteSets(trx, sets);
    return sets.length;
  });
}

/** The next purges that no other worker has. */
async function lockAsked(trx: Db): Promise<SetKey[]> {
  const { rows } = await sql<SetKey>`
    select tenant_id, hash16 from purges where state = 'asked'
    order by asked_at limit ${SETS_AT_ONCE}
    for update skip locked`.execute(trx);
  return rows;
}

/** Inserts sets of orphans that were never recorded, so that they can be locked. This transaction deletes them. */
async function addMissingSets(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    insert into rendition_sets (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes)
    select tenant_id, hash16, '', '', 0, 0, 0 from purges
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'asked' and found is not null
    order by tenant_id, hash16
    on conflict do nothing`.execute(trx);
}

/** Waits for transactions that record images of these sets; later ones wait for this one. */
async function lockSets(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    select from rendition_sets where (tenant_id, hash16) in (${keysOf(sets)})
    order by tenant_id, hash16
    for update`.execute(trx);
}

/**
 * Deletes the purges of sets that an image refers to, and of uploaded files of a batch, unless they removed files before: that is remembered for its
 * hour. A statement of its own, because it needs a new snapshot.
 */
async function dropReferred(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    with referred as (
      select tenant_id, hash16, removed_at from purges p
      where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'asked'
        and (exists (select from images i where i.tenant_id = p.tenant_id and i.hash16 = p.hash16)
          or exists (select from uploaded_files u where u.tenant_id = p.tenant_id and u.hash16 = p.hash16))
    ), kept as (
      update purges p set state = 'removed' from referred r
      where p.tenant_id = r.tenant_id and p.hash16 = r.hash16 and r.removed_at is not null
    )
    delete from purges p using referred r
    where p.tenant_id = r.tenant_id and p.hash16 = r.hash16 and r.removed_at is null`.execute(trx);
}

/** Writes down which files to remove, before the rows that say it are deleted. */
async function writeKeys(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    update purges p
    set state = 'removing', lease = null, leased_until = null, keys = array(
      select ${KEY_SQL}
      from renditions r join tenants t on t.tenant_id = r.tenant_id
      where r.tenant_id = p.tenant_id and r.hash16 = p.hash16
      union select unnest(p.found)
      -- it may not exist, and no table knows
      union select ${THUMB_KEY_SQL} from tenants t where t.tenant_id = p.tenant_id)
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'asked'`.execute(trx);
}

async function deleteSets(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    delete from rendition_sets s
    using purges p
    where (p.tenant_id, p.hash16) in (${keysOf(sets)}) and p.state = 'removing'
      and s.tenant_id = p.tenant_id and s.hash16 = p.hash16`.execute(trx);
}

/** An hour, because end-images.ts refuses images that were claimed more than half an hour ago. */
async function forgetPurges(db: Db): Promise<void> {
  await sql`
    delete from purges where state = 'removed' and removed_at < now() - interval '1 hour'`.execute(db);
}
