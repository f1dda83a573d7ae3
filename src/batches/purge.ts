/**
 * Deleting a batch, and the files that nothing else refers to.
 *
 * Files belong to rendition_sets (tenant, hash16), and an image that completed refers to one by its
 * hash16, whatever its batch. Never may an image refer to a set whose files are gone. A row of `purges`:
 *
 * asked -> (gone)                an image still refers to the set
 * asked -> removing -> removed   nothing does; an hour later the row is gone
 * removed -> asked               another batch that referred to the set was deleted
 *
 * 1. Deleting a batch asks for the purge of its sets, in the transaction in which its images go.
 * 2. A worker locks asked purges and their sets FOR UPDATE, which waits for whoever is recording images
 *    of them. In a later statement, whose snapshot has these images, it drops the purges of sets that
 *    are referred to. Of the others it deletes the sets, and keeps the keys of their files in the purge.
 *    This commits before any file goes: a worker that dies in between leaves no set without its files.
 * 3. It removes the files, and then takes the time for removed_at. If it dies, another one does it again.
 *
 * Storing a file under a key that is there keeps the file that is there. So whoever records images
 * (record.ts) first adds their sets, or locks those that are known FOR KEY SHARE (renditions.ts), and looks
 * at the purges in a later statement (endRows). An image is recorded as completed only where its set was
 * not deleted meanwhile, no purge is removing its files, and none removed them after the image was
 * claimed, which is before it stored anything. Otherwise it is done again, and loses no try. A purge that
 * is only asked for needs nothing, because it will find the image. One that is asked for again may forget
 * when it removed files: the batch that was deleted since had an image of the set, so the files were there
 * again. A set without images and files may remain of what is done again; nothing follows from a set alone.
 *
 * Files that no image refers to, because their worker was killed or their batch cancelled, are found by
 * orphans.ts, which asks for their purge too, and says what it found: their set may never have been kept.
 * Then step 2 keeps one in its place, so that whoever records an image of it now is waited for, or waits,
 * as with any other set. Such a purge is asked for only where there is none: it must not make the protocol
 * forget when files were removed.
 *
 * Locks: purges; sets by (tenant, hash16).
 */
import { sql } from 'kysely';
import { type Db, longTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { KEY_SQL } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import type { BatchKey } from './batch.ts';
import { lockBatch } from './counters.ts';

/**
 * Deletes a batch that has ended. Its events stay: they may still be on their way.
 * @returns whether there was such a batch
 * @throws Problem `conflict`
 */
export async function deleteBatch(patient: Db, key: BatchKey): Promise<boolean> {
  return longTransaction(patient, async (trx) => {
    const batch = await lockBatch(trx, key);
    if (!batch) return false;
    if (batch.state === 'pending' || batch.state === 'processing')
      throw new Problem('conflict', {
        detail: 'The batch is still running. Cancel it, or delete it when it has ended.',
      });
    await askForPurges(trx, key);
    await deleteRows(trx, key);
    return true;
  });
}

/** In order, so that two deletions cannot wait for each other. */
async function askForPurges(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    insert into purges (tenant_id, hash16)
    select distinct tenant_id, hash16 from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and hash16 is not null
    order by tenant_id, hash16
    on conflict (tenant_id, hash16) do update
      set state = 'asked', asked_at = now(), keys = null, removed_at = null
      where purges.state in ('asked', 'removed')`.execute(trx);
}

async function deleteRows(trx: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  await sql`
    with gone_images as (delete from images where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_products as (delete from products where tenant_id = ${tenantId} and batch_id = ${batchId}),
      gone_attempts as (delete from attempts where tenant_id = ${tenantId} and batch_id = ${batchId})
    delete from batches
    where tenant_id = ${tenantId} and batch_id = ${batchId}
      and state in ('completed', 'completed_with_errors', 'failed', 'cancelled')`.execute(trx);
}

const SETS_AT_ONCE = 500; // about a thousand files: removed within a second, while their purges are locked

/** Removes files as long as there are any to remove. Every worker does this every few seconds. */
export async function purgeFiles(db: Db, storage: Storage, signal: AbortSignal): Promise<void> {
  // What is decided is removed before more is: images of sets in between are done again and again.
  for (let done = 1; done > 0 && !signal.aborted;)
    done = (await removeFiles(db, storage)) + (await decidePurges(db));
  if (!signal.aborted) await forgetPurges(db);
}

type SetKey = { tenant_id: number; hash16: string };

/** @returns how many purges were looked at */
async function decidePurges(db: Db): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const sets = await lockAsked(trx);
    if (sets.length === 0) return 0;
    await keepUnknownSets(trx, sets);
    await lockSets(trx, sets);
    await dropReferred(trx, sets);
    await keepKeys(trx, sets);
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

/** Stands in for sets of files that were found and are not known; they are deleted before anybody sees them. */
async function keepUnknownSets(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    insert into rendition_sets (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes)
    select tenant_id, hash16, '', '', 0, 0, 0 from purges
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'asked' and found is not null
    order by tenant_id, hash16
    on conflict do nothing`.execute(trx);
}

/** Waits for everybody who records images of these sets; those who come later wait for us. */
async function lockSets(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    select from rendition_sets where (tenant_id, hash16) in (${keysOf(sets)})
    order by tenant_id, hash16
    for update`.execute(trx);
}

/** The purges of sets to which an image refers; a statement of its own, for its snapshot. */
async function dropReferred(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    delete from purges p
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'asked'
      and exists (select from images i where i.tenant_id = p.tenant_id and i.hash16 = p.hash16)`.execute(trx);
}

/** What has to be removed, before the sets that tell it are deleted. */
async function keepKeys(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    update purges p
    set state = 'removing', keys = array(
      select ${KEY_SQL}
      from renditions r join tenants t on t.tenant_id = r.tenant_id
      where r.tenant_id = p.tenant_id and r.hash16 = p.hash16
      union select unnest(p.found))
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'asked'`.execute(trx);
}

async function deleteSets(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    delete from rendition_sets s
    using purges p
    where (p.tenant_id, p.hash16) in (${keysOf(sets)}) and p.state = 'removing'
      and s.tenant_id = p.tenant_id and s.hash16 = p.hash16`.execute(trx);
}

/** @returns how many purges were done */
async function removeFiles(db: Db, storage: Storage): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const purges = await lockRemoving(trx);
    if (purges.length === 0) return 0;
    await removeWhileLocked(
      trx,
      storage,
      purges.flatMap((purge) => purge.keys),
    );
    await markRemoved(trx, purges);
    return purges.length;
  });
}

const ASK_EVERY_MS = 2_000; // a session that says nothing for 15 s is ended, and its locks go to others

/**
 * Asks the database now and then, which keeps the session, and finds out when it is gone: a process that was
 * frozen must not go on where another one has removed the files, and images are made of them again.
 */
async function removeWhileLocked(trx: Db, storage: Storage, keys: string[]): Promise<void> {
  let askedAt = performance.now();
  for (const key of keys) {
    if (performance.now() - askedAt > ASK_EVERY_MS) {
      await sql`select`.execute(trx);
      askedAt = performance.now();
    }
    await storage.remove([key]);
  }
}

/** The next purges whose files are to be removed, and that no other worker has. */
async function lockRemoving(trx: Db): Promise<(SetKey & { keys: string[] })[]> {
  const { rows } = await sql<SetKey & { keys: string[] }>`
    select tenant_id, hash16, keys from purges where state = 'removing'
    order by asked_at limit ${SETS_AT_ONCE}
    for update skip locked`.execute(trx);
  return rows;
}

/** With the time of now, and not of the transaction's begin, when the files were still there. */
async function markRemoved(trx: Db, sets: SetKey[]): Promise<void> {
  await sql`
    update purges set state = 'removed', keys = null, removed_at = clock_timestamp()
    where (tenant_id, hash16) in (${keysOf(sets)}) and state = 'removing'`.execute(trx);
}

/** Nothing that was claimed before is recorded any more: renditions.ts refuses it after half the time. */
async function forgetPurges(db: Db): Promise<void> {
  await sql`
    delete from purges where state = 'removed' and removed_at < now() - interval '1 hour'`.execute(db);
}

function keysOf(sets: SetKey[]) {
  return sql`select * from unnest(${sets.map((set) => set.tenant_id)}::integer[], ${sets.map((set) => set.hash16)}::text[])`;
}
