/**
 * Pictures that came with a table go into storage before its rows are committed, so that no image is ever without its
 * source. If the upload is refused after all, they are purged; if it is not known what became of it, the search for
 * orphans finds them.
 */
import { open } from 'node:fs/promises';
import { sql } from 'kysely';
import pLimit from 'p-limit';
import { tenantToken } from '../access/tenants.ts';
import { askForPurgesOf } from '../batches/orphans.ts';
import type { BatchKey } from '../batches/batch.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { uploadedSetId } from '../pipeline/uploaded-source.ts';
import { contentTypeOf, uploadedKeyOf } from '../storage/keys.ts';
import { type Storage, StorageTrouble } from '../storage/storage.ts';
import type { StagedPicture } from './staged-pictures.ts';

const AT_ONCE = 8;

export type PictureUpload = BatchKey & { pictures: readonly StagedPicture[] };

/**
 * Stores the pictures of an upload, and accepts it.
 * @param accept commits the rows
 * @throws Problem `storage_unavailable`; what `accept` throws
 */
export async function withPicturesStored<T>(
  { db, storage }: { db: Db; storage: Storage },
  upload: PictureUpload,
  accept: () => Promise<T>,
): Promise<T> {
  if (upload.pictures.length === 0) return accept();
  try {
    await storeAll(storage, upload, await tenantToken(db, upload.tenantId));
    return await accept();
  } catch (error) {
    if (error instanceof Problem) await purgeAll(db, upload);
    throw error;
  }
}

async function storeAll(storage: Storage, upload: PictureUpload, token: string): Promise<void> {
  const { batchId, pictures } = upload;
  const failed = new AbortController();
  const inTurn = pLimit(AT_ONCE);
  const results = await Promise.allSettled(
    pictures.map((picture) =>
      inTurn(async () => {
        failed.signal.throwIfAborted();
        const key = uploadedKeyOf({ token, setId: uploadedSetId({ batchId, ...picture }) });
        if (storage.wantsSynced) await sync(picture.path);
        await storage.put(key, { ...picture, contentType: contentTypeOf(key) }, failed.signal);
      }).catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  if (results.some(({ status }) => status === 'rejected')) throw problemOf(failed.signal.reason);
}

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.datasync();
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof StorageTrouble)) return error;
  const detail = `The pictures of the upload cannot be stored: ${error.message}. Nothing was accepted; send it again later.`;
  return new Problem('storage_unavailable', { detail, cause: error });
}

async function purgeAll(db: Db, { tenantId, batchId, pictures }: PictureUpload): Promise<void> {
  const token = await tenantToken(db, tenantId);
  const left = pictures.map(({ sha256 }) => {
    const setId = uploadedSetId({ batchId, sha256 });
    return { tenantId, setId, keys: [uploadedKeyOf({ token, setId })] };
  });
  await askForPurgesOf(db, left).catch(() => {}); // or the search for orphans finds them
}

const ROWS_AT_ONCE = 5_000;

/** Inserts the rows of the pictures of a batch, in the transaction that has inserted its row. */
export async function insertPictures(trx: Db, { tenantId, batchId, pictures }: PictureUpload): Promise<void> {
  for (let from = 0; from < pictures.length; from += ROWS_AT_ONCE) {
    const rows = pictures.slice(from, from + ROWS_AT_ONCE).map(({ sha256, bytes, name }) => ({
      sha256,
      hash16: uploadedSetId({ batchId, sha256 }),
      bytes,
      name,
    }));
    await sql`
      insert into uploaded_files (tenant_id, batch_id, sha256, hash16, bytes, name)
      select ${tenantId}, ${batchId}::uuid, decode(sha256, 'hex'), hash16, bytes, name
      from json_to_recordset(${JSON.stringify(rows)}) as f (sha256 text, hash16 text, bytes bigint, name text)`.execute(
      trx,
    );
  }
}
