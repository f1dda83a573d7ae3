import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Reusable } from '../pipeline/pipeline.ts';
import { setIdOf } from '../pipeline/plan.ts';
import type { Recipe } from '../presets/spec.ts';
import { findSets, setName } from './rendition-sets.ts';
import { sourceHash, type SourceKey } from './source-key.ts';

/** What an image needs. `freshForS`: how long its batch takes a source as fresh, whatever the host says. */
export type ReuseRequest = SourceKey & { recipe: Recipe; freshForS: number | null };

/**
 * Finds renditions that were made before of the same sources by the same recipes. Two statements for any
 * number of requests; one when none of the sources was downloaded before.
 * @returns in the order of the requests; undefined where nothing can be reused
 */
export async function findReusable(db: Db, requests: ReuseRequest[]): Promise<(Reusable | undefined)[]> {
  if (requests.length === 0) return [];
  const sources = await findSources(db, requests);
  const found = requests.map((request) => {
    const source = sources.get(sourceName(request.tenantId, sourceHash(request)));
    return source && { source, key: { tenantId: request.tenantId, setId: setIdOf(source, request.recipe) } };
  });
  const sets = await findSets(
    db,
    found.flatMap((each) => each?.key ?? []),
  );
  return found.map((each) => {
    const set = each && sets.get(setName(each.key));
    if (!set) return undefined;
    const { sha256, finalUrl, etag, lastModified, isFresh } = each.source;
    return { sha256, finalUrl, etag, lastModified, isFresh, set };
  });
}

/**
 * Forgets sources that nobody requested for 90 days: signed URLs change every night. Their renditions stay.
 * A source that returns is downloaded again, and its renditions are found by its bytes.
 */
export async function forgetSources(db: Db): Promise<void> {
  await sql`delete from sources where fetched_at < now() - interval '90 days'`.execute(db);
}

type StoredSource = Omit<Reusable, 'set'>;

type SourceRow = {
  tenant_id: number;
  url_sha256: string;
  sha256: Buffer;
  final_url: string;
  etag: string | null;
  last_modified: string | null;
  is_fresh: boolean;
};

/** @returns the sources that were downloaded before, by `sourceName` */
async function findSources(db: Db, requests: ReuseRequest[]): Promise<Map<string, StoredSource>> {
  const keys = requests.map((request) => ({
    tenant_id: request.tenantId,
    url_sha256: sourceHash(request),
    fresh_for_s: request.freshForS,
  }));
  const { rows } = await sql<SourceRow>`
    select s.tenant_id, w.url_sha256, s.sha256, s.final_url, s.etag, s.last_modified,
      coalesce(greatest(s.fresh_until, s.fetched_at + w.fresh_for_s * interval '1 second') > now(), false) as is_fresh
    from json_to_recordset(${JSON.stringify(keys)}) as w (tenant_id integer, url_sha256 text, fresh_for_s integer)
    join sources s on s.tenant_id = w.tenant_id and s.url_sha256 = decode(w.url_sha256, 'hex')`.execute(db);
  return new Map(
    rows.map((row) => [
      sourceName(row.tenant_id, row.url_sha256),
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

function sourceName(tenantId: number, hash: string): string {
  return `${tenantId} ${hash}`;
}
