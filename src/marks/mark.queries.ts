import { sql } from 'kysely';
import { raiseMarksVersion } from '../access/tenants.ts';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';
import { Problem } from '../errors.ts';
import type { Mark, MarkKind } from '../pipeline/marks.ts';
import { MEASURES_VERSION } from '../pipeline/measures.ts';
import { KEY_SQL } from '../storage/keys.ts';
import { type LookRow, readLook } from './look.ts';

/** Every image is compared with all of them, which takes a millisecond. */
const MAX_MARKS = 1_000;

/** All marks of a tenant. */
export async function marksOf(db: Db, tenantId: number): Promise<Mark[]> {
  const { rows } = await sql<LookRow & Pick<Mark, 'sha256' | 'kind'>>`
    select sha256, kind, look_hash, chroma from known_pictures where tenant_id = ${tenantId}`.execute(db);
  return rows.map((row) => ({ sha256: row.sha256, kind: row.kind, look: readLook(row) }));
}

/** `key`: of a file that was made of it; null: there is none any more. `at`: `created_at` in microseconds since 1970. */
export type MarkRow = {
  sha256: string;
  kind: MarkKind;
  note: string;
  has_look: boolean;
  created_at: Date;
  at: number;
  key: string | null;
};

const AT = sql`(extract(epoch from k.created_at) * 1000000)::bigint`;

const ROWS = sql`
  select encode(k.sha256, 'hex') as sha256, k.kind, k.note, k.look_hash is not null as has_look, k.created_at,
    ${AT} as at, f.key
  from known_pictures k join tenants t on t.tenant_id = k.tenant_id
  left join lateral (
    select ${KEY_SQL} as key from rendition_sets s
    join renditions r on r.tenant_id = s.tenant_id and r.hash16 = s.hash16
    where s.tenant_id = k.tenant_id and s.source_sha256 = k.sha256
    order by s.created_at desc, r.ordinal limit 1) f on true`;

/** @throws Problem `not_found` */
export async function findMark(db: Db, tenantId: number, sha256: Buffer): Promise<MarkRow> {
  const { rows } = await sql<MarkRow>`
    ${ROWS} where k.tenant_id = ${tenantId} and k.sha256 = ${sha256}`.execute(db);
  const [row] = rows;
  if (!row) throw notMarked(sha256);
  return row;
}

/** Where a page of the list begins: after this mark. */
export type MarkPlace = Pick<MarkRow, 'at' | 'sha256'>;

/** Newest first. */
export async function listMarks(
  db: Db,
  {
    tenantId,
    kind,
    after,
    limit,
  }: { tenantId: number; kind: MarkKind | undefined; after: MarkPlace | undefined; limit: number },
): Promise<MarkRow[]> {
  const { rows } = await sql<MarkRow>`
    ${ROWS} where k.tenant_id = ${tenantId} ${when(kind !== undefined, sql`and k.kind = ${kind}`)}
      ${when(after !== undefined, sql`and (${AT}, k.sha256) < (${after?.at}::bigint, decode(${after?.sha256}, 'hex'))`)}
    order by k.created_at desc, k.sha256 desc limit ${limit}`.execute(db);
  return rows;
}

/** @throws Problem `not_found` for a content that is not known, `quota_exceeded` */
export async function putMark(
  trx: Db,
  tenantId: number,
  { sha256, kind, note }: { sha256: Buffer; kind: MarkKind; note: string },
): Promise<MarkRow> {
  await raiseMarksVersion(trx, tenantId);
  await refuseTooMany(trx, tenantId, sha256);
  // A content may be forgotten after it was marked: then its mark knows its look.
  const { numAffectedRows } = await sql`
    insert into known_pictures (tenant_id, sha256, look_hash, chroma, kind, note)
    select w.tenant_id, w.sha256, coalesce(c.look_hash, k.look_hash), coalesce(c.chroma, k.chroma), ${kind}, ${note}
    from (select ${tenantId}::integer as tenant_id, ${sha256}::bytea as sha256) w
    left join lateral (${CONTENT}) c on true
    left join known_pictures k on k.tenant_id = w.tenant_id and k.sha256 = w.sha256
    where c.is_known or k.kind is not null
    on conflict (tenant_id, sha256) do update
      set kind = excluded.kind, note = excluded.note, look_hash = excluded.look_hash, chroma = excluded.chroma`.execute(
    trx,
  );
  if (!numAffectedRows) throw notKnown(sha256);
  return findMark(trx, tenantId, sha256);
}

const CONTENT = sql`
  select true as is_known,
    case when m.is_valid then look_hash end as look_hash,
    case when m.is_valid then measures->'chroma' end as chroma
  from contents, lateral (
    select look_hash is not null and (measures->'v')::integer >= ${sql.lit(MEASURES_VERSION)} as is_valid) m
  where contents.tenant_id = w.tenant_id and contents.sha256 = w.sha256`;

/** @throws Problem `not_found` */
export async function deleteMark(trx: Db, tenantId: number, sha256: Buffer): Promise<void> {
  await raiseMarksVersion(trx, tenantId);
  const { numAffectedRows } = await sql`
    delete from known_pictures where tenant_id = ${tenantId} and sha256 = ${sha256}`.execute(trx);
  if (!numAffectedRows) throw notMarked(sha256);
}

/** @throws Problem `quota_exceeded` */
async function refuseTooMany(trx: Db, tenantId: number, sha256: Buffer): Promise<void> {
  const { rows } = await sql<{ others: number }>`
    select count(*) as others from known_pictures where tenant_id = ${tenantId} and sha256 <> ${sha256}`.execute(
    trx,
  );
  const used = rows[0]?.others ?? 0;
  if (used < MAX_MARKS) return;
  throw new Problem('quota_exceeded', {
    detail: `${used} pictures are marked, of at most ${MAX_MARKS}. Remove marks that are no longer needed (DELETE /v1/pictures/{sha256}).`,
    quota: { name: 'marked_pictures', limit: MAX_MARKS, used, resets_at: null },
  });
}

function notMarked(sha256: Buffer): Problem {
  return new Problem('not_found', {
    detail: `The picture ${sha256.toString('hex')} is not marked. GET /v1/pictures lists those that are.`,
  });
}

function notKnown(sha256: Buffer): Problem {
  return new Problem('not_found', {
    detail: `No image of this tenant has the content ${sha256.toString('hex')}. Take the SHA-256 of a source from an image (source.sha256) or from the manifest; one that was deleted must be processed again first.`,
  });
}

/** Gives a tenant these marks instead of all that it has. */
export async function replaceMarks(trx: Db, tenantId: number, marks: readonly Mark[]): Promise<void> {
  await raiseMarksVersion(trx, tenantId);
  await deleteMarksOf(trx, tenantId);
  const rows = marks.map(({ sha256, kind, look }) => ({
    sha256: sha256.toString('hex'),
    kind,
    look: look?.hash,
    chroma: look?.chroma,
  }));
  await sql`
    insert into known_pictures (tenant_id, sha256, look_hash, chroma, kind)
    select ${tenantId}, decode(sha256, 'hex'), ('x' || look)::bit(256), chroma, kind
    from json_to_recordset(${JSON.stringify(rows)}) as m (sha256 text, look text, chroma jsonb, kind text)
    on conflict do nothing`.execute(trx);
}

/** Deletes the marks of a tenant. */
export async function deleteMarksOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from known_pictures where tenant_id = ${tenantId}`.execute(db);
}
