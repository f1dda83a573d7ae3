import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type Db, isPassingTrouble } from '../db/database.ts';
import type { MadeSet, Reusable } from '../pipeline/pipeline.ts';
import { setIdOf } from '../pipeline/plan.ts';
import type { Recipe } from '../presets/spec.ts';
import { KEY_SQL } from '../storage/keys.ts';

/** A source that is to be made something of. `freshForS`: as the batch wants it, whatever its host says. */
export type Wanted = Asked & { tenantId: number; recipe: Recipe; freshForS: number | null };

/** How a source is asked for: the secret headers of its host are a part of it (hosts/headers.ts). */
type Asked = { url: string; headersFingerprint: string | null };

/**
 * What is known of sources of which the same was made before. Two statements for any number, and one
 * where none of the sources was met before.
 * @returns for each one in turn, or undefined
 */
export async function findKnown(db: Db, wanted: Wanted[]): Promise<(Reusable | undefined)[]> {
  if (wanted.length === 0) return [];
  const sources = await readSources(db, wanted);
  const met = wanted.map((each) => {
    const source = sources.get(sourceKey(each));
    return source && { ...source, tenantId: each.tenantId, setId: setIdOf(source, each.recipe) };
  });
  const sets = await readSets(
    db,
    met.filter((each) => each !== undefined),
  );
  return met.map((source) => {
    const set = source && sets.get(setKey(source));
    if (!set) return undefined;
    const { sha256, finalUrl, etag, lastModified, isFresh } = source;
    return { sha256, finalUrl, etag, lastModified, isFresh, set };
  });
}

/**
 * A set that was made before of a content that was met under any URL. None while the database cannot tell:
 * to make it again costs less than a try.
 */
export async function findSet(db: Db, key: SetKey): Promise<MadeSet | undefined> {
  try {
    return (await readSets(db, [key])).get(setKey(key));
  } catch (error) {
    if (isPassingTrouble(error)) return undefined;
    throw error;
  }
}

/**
 * Forgets sources that nobody asked for in 90 days: signed URLs are others every night. What was made of
 * them stays; should one come again, it is fetched again, and found by its bytes.
 */
export async function forgetSources(db: Db): Promise<void> {
  await sql`delete from sources where fetched_at < now() - interval '90 days'`.execute(db);
}

type SetKey = { tenantId: number; setId: string };

function setKey({ tenantId, setId }: SetKey): string {
  return `${tenantId} ${setId}`;
}

/** What tells the sources of all tenants apart. */
export function sourceKey({ tenantId, ...asked }: Asked & { tenantId: number }): string {
  return `${tenantId} ${sourceSha256(asked)}`;
}

/** What tells sources apart: `sources.url_sha256`. No URL has a line feed. */
export function sourceSha256({ url, headersFingerprint }: Asked): string {
  const text = headersFingerprint === null ? url : `${url}\n${headersFingerprint}`;
  return createHash('sha256').update(text).digest('hex');
}

type KnownSource = Pick<Reusable, 'sha256' | 'finalUrl' | 'etag' | 'lastModified' | 'isFresh'>;

type SourceRow = {
  tenant_id: number;
  url_sha256: string;
  sha256: Buffer;
  final_url: string;
  etag: string | null;
  last_modified: string | null;
  is_fresh: boolean;
};

async function readSources(db: Db, wanted: Wanted[]): Promise<Map<string, KnownSource>> {
  const keys = wanted.map((each) => ({
    tenant_id: each.tenantId,
    url_sha256: sourceSha256(each),
    fresh_for_s: each.freshForS,
  }));
  const { rows } = await sql<SourceRow>`
    select s.tenant_id, w.url_sha256, s.sha256, s.final_url, s.etag, s.last_modified,
      coalesce(greatest(s.fresh_until, s.fetched_at + w.fresh_for_s * interval '1 second') > now(), false) as is_fresh
    from json_to_recordset(${JSON.stringify(keys)}) as w (tenant_id integer, url_sha256 text, fresh_for_s integer)
    join sources s on s.tenant_id = w.tenant_id and s.url_sha256 = decode(w.url_sha256, 'hex')`.execute(db);
  return new Map(
    rows.map((row) => [
      `${row.tenant_id} ${row.url_sha256}`,
      {
        sha256: row.sha256,
        finalUrl: row.final_url,
        etag: row.etag ?? undefined,
        lastModified: row.last_modified ?? undefined,
        isFresh: row.is_fresh,
      },
    ]),
  );
}

type SetRow = {
  tenant_id: number;
  hash16: string;
  source_bytes: number;
  files: { key: string; bytes: number }[] | null;
};

async function readSets(db: Db, keys: SetKey[]): Promise<Map<string, MadeSet>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql<SetRow>`
    select s.tenant_id, s.hash16, s.source_bytes,
      (select json_agg(json_build_object('key', ${KEY_SQL}, 'bytes', r.bytes))
        from renditions r where r.tenant_id = s.tenant_id and r.hash16 = s.hash16) as files
    from rendition_sets s join tenants t on t.tenant_id = s.tenant_id
    where (s.tenant_id, s.hash16) in (
      select * from unnest(${keys.map((key) => key.tenantId)}::integer[], ${keys.map((key) => key.setId)}::text[]))`.execute(
    db,
  );
  return new Map(
    rows.map(({ tenant_id, hash16: setId, source_bytes, files }) => [
      setKey({ tenantId: tenant_id, setId }),
      { setId, sourceBytes: source_bytes, files: files ?? [] },
    ]),
  );
}
