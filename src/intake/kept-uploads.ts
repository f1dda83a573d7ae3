/**
 * Uploads that are kept for an hour, so that a file need not be sent again for another preview or for its batch:
 *
 * (none) -> arriving   the row reserves a place and the announced bytes in the tenant's quota
 * arriving -> kept     size, hash and name are known; it expires an hour later
 * kept -> expired      its file is a leftover (temporary-folder.ts); the row says so for another day
 *
 * A process that is killed while a file arrives leaves a row that expires, and a file that becomes a leftover.
 */
import { sql } from 'kysely';
import { refuseDeleted } from '../access/tenants.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { publicId, uuidOf } from '../ids.ts';

export type KeptUpload = {
  upload_id: string;
  name: string;
  bytes: number;
  /** null: the file has not arrived yet */
  sha256: Buffer | null;
  created_at: Date;
  expires_at: Date;
  is_expired: boolean;
};

export type WholeUpload = KeptUpload & { sha256: Buffer };

export type UploadKey = { tenantId: number; uploadId: string };

/** How much a tenant may keep at once. */
export type KeptQuota = { uploads: number; bytes: number };

const KEPT_UPLOADS = 20;
const KEPT_LARGEST_UPLOADS = 5;

/** 20 uploads, with the bytes of five of the largest that are accepted: 5 GiB, unless MAX_UPLOAD_BYTES is set. */
export function keptQuota(maxUploadBytes: number): KeptQuota {
  return { uploads: KEPT_UPLOADS, bytes: KEPT_LARGEST_UPLOADS * maxUploadBytes };
}

const COLUMNS = sql`upload_id, name, bytes, sha256, created_at, expires_at, expires_at <= now() as is_expired`;

/**
 * Reserves room for an upload while it arrives, or stores one that has arrived. It is kept for an hour from now.
 * @returns its row, and how many bytes the tenant has room for, its own included
 * @throws Problem `quota_exceeded`, `unauthorized` if the tenant was deleted meanwhile
 */
export async function putUpload(
  db: Db,
  { tenantId, uploadId }: UploadKey,
  file: { bytes: number; name?: string; sha256?: Buffer },
  quota: KeptQuota,
  also: (trx: Db) => Promise<void> = async () => {},
): Promise<KeptUpload & { room: number }> {
  return db.transaction().execute(async (trx) => {
    // Of two uploads at the edge of the quota, one sees the other.
    await sql`select from tenants where tenant_id = ${tenantId} for no key update`.execute(trx);
    await refuseDeleted(trx, tenantId);
    const room = await roomFor(trx, { tenantId, uploadId }, file.bytes, quota);
    const { rows } = await sql<KeptUpload>`
      insert into uploads (tenant_id, upload_id, name, bytes, sha256, expires_at)
      values (${tenantId}, ${uploadId}, ${file.name ?? ''}, ${file.bytes}, ${file.sha256 ?? null}, now() + interval '1 hour')
      on conflict (tenant_id, upload_id) do update
        set name = excluded.name, bytes = excluded.bytes, sha256 = excluded.sha256, expires_at = excluded.expires_at
      returning ${COLUMNS}`.execute(trx);
    const [row] = rows;
    if (!row) throw new Error('the kept upload was not stored');
    await also(trx);
    return { ...row, room };
  });
}

/** @throws Problem `quota_exceeded` */
async function roomFor(
  trx: Db,
  { tenantId, uploadId }: UploadKey,
  bytes: number,
  quota: KeptQuota,
): Promise<number> {
  const { rows } = await sql<{
    uploads: number;
    bytes: number;
    frees_in_s: number | null;
    frees_at: Date | null;
  }>`
    select count(*) as uploads, coalesce(sum(bytes), 0)::bigint as bytes,
      ceil(extract(epoch from min(expires_at) - now()))::integer as frees_in_s, min(expires_at) as frees_at
    from uploads where tenant_id = ${tenantId} and upload_id <> ${uploadId} and expires_at > now()`.execute(
    trx,
  );
  const [kept = { uploads: 0, bytes: 0, frees_in_s: null, frees_at: null }] = rows;
  if (kept.uploads < quota.uploads && kept.bytes + bytes <= quota.bytes) return quota.bytes - kept.bytes;
  const resets_at = kept.frees_at?.toISOString() ?? null;
  throw new Problem('quota_exceeded', {
    detail:
      `${kept.uploads} uploads of ${kept.bytes} bytes are kept, of at most ${quota.uploads} with ${quota.bytes} bytes; this one has ${bytes} or more. ` +
      'Delete one that is no longer needed (DELETE /v1/uploads/{id}), wait until one expires, or send the file with POST /v1/batches.',
    retryAfterS: kept.frees_in_s ?? undefined,
    quota:
      kept.uploads < quota.uploads
        ? { name: 'kept_upload_bytes', limit: quota.bytes, used: kept.bytes, resets_at }
        : { name: 'kept_uploads', limit: quota.uploads, used: kept.uploads, resets_at },
  });
}

/** @returns also one that has expired; @throws Problem `not_found`, also for one that is still arriving */
export async function findUpload(db: Db, { tenantId, uploadId }: UploadKey): Promise<WholeUpload> {
  const { rows } = await sql<WholeUpload>`
    select ${COLUMNS} from uploads
    where tenant_id = ${tenantId} and upload_id = ${uploadId} and sha256 is not null`.execute(db);
  const [row] = rows;
  if (!row) throw noSuchUpload(publicId('upl', uploadId));
  return row;
}

/** The uploads that a tenant keeps, newest first: as many as its quota allows, so there is no second page. */
export async function listUploads(db: Db, tenantId: number): Promise<WholeUpload[]> {
  const { rows } = await sql<WholeUpload>`
    select ${COLUMNS} from uploads
    where tenant_id = ${tenantId} and sha256 is not null and expires_at > now()
    order by upload_id desc`.execute(db);
  return rows;
}

/** @throws Problem `not_found` */
export async function deleteUpload(db: Db, { tenantId, uploadId }: UploadKey): Promise<void> {
  const { numAffectedRows } = await sql`
    delete from uploads where tenant_id = ${tenantId} and upload_id = ${uploadId}`.execute(db);
  if (!numAffectedRows) throw noSuchUpload(publicId('upl', uploadId));
}

/** Deletes the uploads of a tenant. Their files become leftovers. */
export async function deleteUploadsOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from uploads where tenant_id = ${tenantId}`.execute(db);
}

/** Forgets uploads that expired a day ago. */
export async function forgetUploads(db: Db): Promise<void> {
  await sql`delete from uploads where expires_at < now() - interval '1 day'`.execute(db);
}

/** @throws Problem `not_found` for a text that is no id of an upload */
export function uploadKey(tenantId: number, id: string): UploadKey {
  const uploadId = uuidOf('upl', id);
  if (uploadId === undefined) throw noSuchUpload(id);
  return { tenantId, uploadId };
}

function noSuchUpload(id: string): Problem {
  return new Problem('not_found', { detail: `There is no upload ${id}.` });
}

export function expired({ upload_id, expires_at, is_expired }: KeptUpload): Problem {
  const id = publicId('upl', upload_id);
  const why = is_expired
    ? `It expired at ${expires_at.toISOString()}`
    : 'Its file is not on this machine (several API machines need sticky sessions, or one DATA_DIR)';
  return new Problem('upload_expired', {
    detail: `The upload ${id} is no longer kept. ${why}. Send the file again.`,
  });
}
