/** The rows that storage is compared with. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { KEY_SQL, type StorageKey, UPLOADED_KEY_SQL } from '../../storage/keys.ts';

export type Tenant = { tenantId: number; token: string };

/** A file as its row describes it. */
export type RecordedFile = { key: StorageKey; bytes: number; sha256: string };

/**
 * `madeAt` differs when a set was deleted and made again. An uploaded file has a set id of its own, and no other file:
 * nothing can make it again.
 */
export type RecordedSet = { setId: string; madeAt: string; isUploaded: boolean; files: RecordedFile[] };

const SETS_A_PAGE = 500; // about a thousand files

export async function tenantsOf(db: Db): Promise<Tenant[]> {
  const { rows } = await sql<{ tenant_id: number; token: string }>`
    select tenant_id, token from tenants order by tenant_id`.execute(db);
  return rows.map(({ tenant_id: tenantId, token }) => ({ tenantId, token }));
}

/** All sets of a tenant in the byte order of their keys, in pages: no transaction is held open between two. */
export async function* recordedSets(db: Db, { tenantId }: Tenant): AsyncGenerator<RecordedSet[]> {
  let after = '';
  for (;;) {
    const { rows } = await sql<Omit<RecordedSet, 'files'> & { files: RecordedFile[] | null }>`
      select * from (${madeSets(tenantId, after)}) made
      union all select * from (${uploadedFiles(tenantId, after)}) uploaded
      order by 1
      limit ${SETS_A_PAGE}`.execute(db);
    if (rows.length > 0) yield rows.map((row) => ({ ...row, files: row.files ?? [] }));
    if (rows.length < SETS_A_PAGE) return;
    after = rows.at(-1)?.setId ?? '';
  }
}

/** The next ones after a set id. */
function madeSets(tenantId: number, after: string): RawBuilder<unknown> {
  return sql`
    select s.hash16 collate "C" as "setId", ${MADE_AT} as "madeAt", false as "isUploaded",
      (select json_agg(json_build_object('key', ${KEY_SQL}, 'bytes', r.bytes, 'sha256', encode(r.sha256, 'hex')))
        from renditions r where r.tenant_id = s.tenant_id and r.hash16 = s.hash16) as files
    from rendition_sets s join tenants t on t.tenant_id = s.tenant_id
    where s.tenant_id = ${tenantId} and s.hash16 collate "C" > ${after}
    order by s.hash16 collate "C"
    limit ${SETS_A_PAGE}`;
}

function uploadedFiles(tenantId: number, after: string): RawBuilder<unknown> {
  return sql`
    select u.hash16 collate "C", extract(epoch from u.created_at)::text, true,
      json_build_array(json_build_object('key', ${UPLOADED_KEY_SQL}, 'bytes', u.bytes, 'sha256', encode(u.sha256, 'hex')))
    from uploaded_files u join tenants t on t.tenant_id = u.tenant_id
    where u.tenant_id = ${tenantId} and u.hash16 collate "C" > ${after}
    order by u.hash16 collate "C"
    limit ${SETS_A_PAGE}`;
}

const MADE_AT = sql<string>`extract(epoch from s.created_at)::text`;

/** When each of these sets was made, by its id; without those that do not exist. */
export async function timesOf(db: Db, tenantId: number, setIds: string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ hash16: string; made_at: string }>`
    select s.hash16, ${MADE_AT} as made_at
    from (select tenant_id, hash16, created_at from rendition_sets
      union all select tenant_id, hash16, created_at from uploaded_files) s
    where s.tenant_id = ${tenantId} and s.hash16 = any(${setIds}::text[])`.execute(db);
  return new Map(rows.map(({ hash16, made_at }) => [hash16, made_at]));
}

/** Which of these sets are being purged, or were within the last hour. */
export async function purgedOf(db: Db, tenantId: number, setIds: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ hash16: string }>`
    select hash16 from purges where tenant_id = ${tenantId} and hash16 = any(${setIds}::text[])`.execute(db);
  return new Set(rows.map(({ hash16 }) => hash16));
}

export async function databaseNow(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]?.now ?? new Date(0);
}

/** The ids of the batches with completed images that refer to one of these sets. */
export async function batchesWith(db: Db, tenantId: number, setIds: string[]): Promise<string[]> {
  const { rows } = await sql<{ batch_id: string }>`
    select distinct batch_id from images
    where tenant_id = ${tenantId} and hash16 = any(${setIds}::text[])`.execute(db);
  return rows.map(({ batch_id }) => batch_id);
}
