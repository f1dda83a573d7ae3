import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { ClaimedImage, ImageResult } from './process-image.ts';
import { type MeasuredOf, writtenContents } from './record-contents.ts';
import { setName } from './rendition-sets.ts';
import { sourceHash } from './source-key.ts';

type Completed = Extract<ImageResult, { is: 'completed' }>;
type Made = { image: ClaimedImage; made: Extract<Completed['made'], { is: 'made' }> };

/**
 * Records the sources of completed images, the contents that were measured, and the sets that were made. Sets that exist already
 * are locked instead, so that no purge deletes them before this transaction has recorded their images.
 * @returns the images whose set a purge has deleted meanwhile
 */
export async function recordRenditions(trx: Db, results: ImageResult[]): Promise<Set<ClaimedImage>> {
  const completed = results.filter((result): result is Completed => result.is === 'completed');
  const measured = results.flatMap(measuredOf);
  if (completed.length === 0 && measured.length === 0) return new Set();
  const added = await addSets(trx, completed, measured);
  const existing = completed.filter((result) => !added.has(setNameOf(result)));
  const locked = await lockExistingSets(trx, existing);
  return new Set(existing.filter((result) => !locked.has(setNameOf(result))).map(({ image }) => image));
}

/** The id of the set that a completed image refers to. */
export function setIdOf(made: Completed['made']): string {
  return made.is === 'made' ? made.setId : made.set.setId;
}

function measuredOf(result: ImageResult): MeasuredOf[] {
  const { tenantId } = result.image;
  if (result.is === 'completed') return isMade(result) ? [{ tenantId, measured: result.made }] : [];
  return result.is === 'failed' && result.measured ? [{ tenantId, measured: result.measured }] : [];
}

/**
 * One statement, because each costs a round trip while the batch is locked. Rows are ordered, so that two
 * transactions cannot deadlock.
 * @returns the sets that are new, by `setName`
 */
async function addSets(trx: Db, completed: Completed[], measured: MeasuredOf[]): Promise<Set<string>> {
  const sources = sourceRows(completed);
  const made = oneOfEach(completed.filter(isMade), setNameOf);
  if (sources.length === 0 && measured.length === 0) return new Set();
  const { rows } = await sql<SetRow>`
    with written_sources as (
      insert into sources (tenant_id, url_sha256, url, final_url, sha256, etag, last_modified, fetched_at, fresh_until)
      select tenant_id, decode(url_sha256, 'hex'), url, final_url, decode(sha256, 'hex'), etag, last_modified,
        now(), now() + fresh_for_s * interval '1 second'
      from json_to_recordset(${JSON.stringify(sources)}) as s
        (tenant_id integer, url_sha256 text, url text, final_url text, sha256 text, etag text, last_modified text,
          fresh_for_s integer)
      order by tenant_id, url_sha256
      on conflict (tenant_id, url_sha256) do update
        -- a 304 (Not Modified) does not say where redirects led
        set final_url = case excluded.final_url when '' then sources.final_url else excluded.final_url end,
          sha256 = excluded.sha256, etag = excluded.etag, last_modified = excluded.last_modified,
          fetched_at = excluded.fetched_at, fresh_until = excluded.fresh_until
    ),
    written_contents as (${writtenContents(measured)}),
    new_sets as (
      insert into rendition_sets
        (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes, source_difference_hash, made_by,
          waited_ms, download_ms, make_ms, store_ms)
      select tenant_id, hash16, decode(source_sha256, 'hex'), source_format, source_width, source_height, source_bytes,
        ('x' || source_difference_hash)::bit(64), made_by, waited_ms, download_ms, make_ms, store_ms
      from json_to_recordset(${JSON.stringify(made.map(setRow))}) as s
        (tenant_id integer, hash16 text, source_sha256 text, source_format text, source_width integer,
          source_height integer, source_bytes bigint, source_difference_hash text, made_by json,
          waited_ms integer, download_ms integer, make_ms integer, store_ms integer)
      order by tenant_id, hash16
      on conflict do nothing -- an existing set keeps its files: they were not written again
      returning tenant_id, hash16
    ),
    new_files as (
      insert into renditions (tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, sha256, measures)
      select tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, decode(sha256, 'hex'), measures
      from json_to_recordset(${JSON.stringify(made.flatMap(fileRows))}) as f
        (tenant_id integer, hash16 text, name text, ordinal smallint, format text, extension text,
          width integer, height integer, bytes bigint, sha256 text, measures jsonb)
      where (tenant_id, hash16) in (select tenant_id, hash16 from new_sets)
    )
    select tenant_id, hash16 from new_sets`.execute(trx);
  return new Set(rows.map(nameOfRow));
}

/**
 * A purge waits for these locks, and then sees the images of this transaction. A set that a purge has
 * deleted meanwhile cannot be locked. The whole protocol: batches/purge.ts.
 * @returns the sets that exist, by `setName`
 */
async function lockExistingSets(trx: Db, completed: Completed[]): Promise<Set<string>> {
  if (completed.length === 0) return new Set();
  const tenantIds = completed.map(({ image }) => image.tenantId);
  const setIds = completed.map(({ made }) => setIdOf(made));
  const { rows } = await sql<SetRow>`
    select tenant_id, hash16 from rendition_sets
    where (tenant_id, hash16) in (select * from unnest(${tenantIds}::integer[], ${setIds}::text[]))
    order by tenant_id, hash16
    for key share`.execute(trx);
  return new Set(rows.map(nameOfRow));
}

type SetRow = { tenant_id: number; hash16: string };

function nameOfRow({ tenant_id, hash16 }: SetRow): string {
  return setName({ tenantId: tenant_id, setId: hash16 });
}

function setNameOf({ image, made }: Completed): string {
  return setName({ tenantId: image.tenantId, setId: setIdOf(made) });
}

function isMade(result: Completed): result is Completed & Made {
  return result.made.is === 'made';
}

function oneOfEach<T>(items: T[], nameOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [nameOf(item), item])).values()];
}

/** A source that was fresh was not requested, and its row stays as it is. */
function sourceRows(completed: Completed[]) {
  const rows = completed.flatMap(({ image, made: { source } }) =>
    source === undefined
      ? []
      : [
          {
            tenant_id: image.tenantId,
            url_sha256: sourceHash(image),
            url: image.url,
            final_url: source.finalUrl ?? '',
            sha256: source.sha256.toString('hex'),
            etag: source.etag,
            last_modified: source.lastModified,
            fresh_for_s: source.freshForS > 0 ? source.freshForS : null,
          },
        ],
  );
  return oneOfEach(rows, ({ tenant_id, url_sha256 }) => `${tenant_id} ${url_sha256}`);
}

function setRow({ image, made: { setId, source, facts, differenceHash, madeBy, timings } }: Made) {
  return {
    tenant_id: image.tenantId,
    hash16: setId,
    source_sha256: source.sha256.toString('hex'),
    source_format: facts.format,
    source_width: facts.width,
    source_height: facts.height,
    source_bytes: source.bytes,
    source_difference_hash: differenceHash,
    made_by: madeBy,
    waited_ms: Math.round(timings.waitedMs),
    download_ms: Math.round(timings.downloadMs),
    make_ms: Math.round(timings.makeMs),
    store_ms: Math.round(timings.storeMs),
  };
}

function fileRows({ image, made: { setId, renditions } }: Made) {
  return renditions.map((rendition, i) => ({
    tenant_id: image.tenantId,
    hash16: setId,
    ordinal: i + 1,
    ...rendition,
  }));
}
