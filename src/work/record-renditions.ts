import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ImageEnd, ImageWork } from './process-image.ts';
import { sourceKey, sourceSha256 } from './reuse.ts';

type Completed = Extract<ImageEnd, { is: 'completed' }>;
type Made = { work: ImageWork; made: Extract<Completed['made'], { is: 'made' }> };

/**
 * Keeps what is known now of the bytes behind the URLs, and the files that were made of them. A set of
 * files that is known stays as it is: they were not written again.
 * @returns of these images, those whose set a purge has deleted since
 */
export async function keepRenditions(trx: Db, ends: ImageEnd[]): Promise<Set<ImageWork>> {
  const completed = ends.filter((end): end is Completed => end.is === 'completed');
  if (completed.length === 0) return new Set();
  const added = await addSets(trx, completed);
  const known = completed.filter((end) => !added.has(setOf(end)));
  const locked = await lockSets(trx, known);
  return new Set(known.filter((end) => !locked.has(setOf(end))).map(({ work }) => work));
}

/**
 * One statement, because each costs a round trip while the batch is locked; ordered, so that two
 * transactions cannot wait for each other.
 * @returns the sets that were not known
 */
async function addSets(trx: Db, completed: Completed[]): Promise<Set<string>> {
  const sources = sourceRows(completed);
  const made = oneOfEach(completed.filter(isMade), setOf);
  if (sources.length === 0 && made.length === 0) return new Set();
  const { rows } = await sql<{ tenant_id: number; hash16: string }>`
    with kept_sources as (
      insert into sources (tenant_id, url_sha256, url, final_url, sha256, etag, last_modified, fetched_at, fresh_until)
      select tenant_id, decode(url_sha256, 'hex'), url, final_url, decode(sha256, 'hex'), etag, last_modified,
        now(), now() + fresh_for_s * interval '1 second'
      from json_to_recordset(${JSON.stringify(sources)}) as s
        (tenant_id integer, url_sha256 text, url text, final_url text, sha256 text, etag text, last_modified text,
          fresh_for_s integer)
      order by tenant_id, url_sha256
      on conflict (tenant_id, url_sha256) do update
        set final_url = case excluded.final_url when '' then sources.final_url else excluded.final_url end,
          sha256 = excluded.sha256, etag = excluded.etag, last_modified = excluded.last_modified,
          fetched_at = excluded.fetched_at, fresh_until = excluded.fresh_until
    ),
    kept_sets as (
      insert into rendition_sets
        (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes, source_difference_hash, made_by)
      select tenant_id, hash16, decode(source_sha256, 'hex'), source_format, source_width, source_height, source_bytes,
        ('x' || source_difference_hash)::bit(64), made_by
      from json_to_recordset(${JSON.stringify(made.map(setRow))}) as s
        (tenant_id integer, hash16 text, source_sha256 text, source_format text, source_width integer,
          source_height integer, source_bytes bigint, source_difference_hash text, made_by json)
      order by tenant_id, hash16
      on conflict do nothing
      returning tenant_id, hash16
    ),
    kept_files as (
      insert into renditions (tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, sha256)
      select tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, decode(sha256, 'hex')
      from json_to_recordset(${JSON.stringify(made.flatMap(fileRows))}) as f
        (tenant_id integer, hash16 text, name text, ordinal smallint, format text, extension text,
          width integer, height integer, bytes bigint, sha256 text)
      where (tenant_id, hash16) in (select tenant_id, hash16 from kept_sets)
    )
    select tenant_id, hash16 from kept_sets`.execute(trx);
  return new Set(rows.map(nameOf));
}

/**
 * Locks sets that were known, so that a purge waits for this transaction and then sees its images; a set
 * that a purge has deleted meanwhile is not there to be locked. The protocol is told in purge.ts.
 */
async function lockSets(trx: Db, sets: Completed[]): Promise<Set<string>> {
  if (sets.length === 0) return new Set();
  const { rows } = await sql<{ tenant_id: number; hash16: string }>`
    select tenant_id, hash16 from rendition_sets
    where (tenant_id, hash16) in (
      select * from unnest(${sets.map(({ work }) => work.tenantId)}::integer[], ${sets.map(({ made }) => setIdOf(made))}::text[]))
    order by tenant_id, hash16
    for key share`.execute(trx);
  return new Set(rows.map(nameOf));
}

function nameOf({ tenant_id, hash16 }: { tenant_id: number; hash16: string }): string {
  return `${tenant_id} ${hash16}`;
}

function setOf({ work, made }: Completed): string {
  return nameOf({ tenant_id: work.tenantId, hash16: setIdOf(made) });
}

/** The rendition set that an image refers to. */
export function setIdOf(made: Completed['made']): string {
  return made.is === 'made' ? made.setId : made.set.setId;
}

function isMade(end: Completed): end is Completed & Made {
  return end.made.is === 'made';
}

function oneOfEach<T>(items: T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

/** What hosts said; a source that was not asked for stays as it is. */
function sourceRows(completed: Completed[]) {
  const asked = oneOfEach(completed, ({ work }) => sourceKey(work));
  return asked.flatMap(({ work, made: { source } }) =>
    source === undefined
      ? []
      : [
          {
            tenant_id: work.tenantId,
            url_sha256: sourceSha256(work),
            url: work.url,
            final_url: source.finalUrl ?? '', // an answer that nothing has changed does not tell it
            sha256: source.sha256.toString('hex'),
            etag: source.etag,
            last_modified: source.lastModified,
            fresh_for_s: source.freshForS > 0 ? source.freshForS : null,
          },
        ],
  );
}

function setRow({ work, made: { setId, source, facts, differenceHash, madeBy } }: Made) {
  return {
    tenant_id: work.tenantId,
    hash16: setId,
    source_sha256: source.sha256.toString('hex'),
    source_format: facts.format,
    source_width: facts.width,
    source_height: facts.height,
    source_bytes: source.bytes,
    source_difference_hash: differenceHash,
    made_by: madeBy,
  };
}

function fileRows({ work, made: { setId, renditions } }: Made) {
  return renditions.map((rendition, i) => ({
    tenant_id: work.tenantId,
    hash16: setId,
    ordinal: i + 1,
    ...rendition,
  }));
}
