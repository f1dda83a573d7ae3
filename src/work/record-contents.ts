import { type RawBuilder, sql } from 'kysely';
import { type Db, longTransaction } from '../db/database.ts';
import type { Measured } from '../pipeline/pipeline.ts';

/**
 * The part of a statement that writes what is known of the sources' contents. Rows are ordered, so that two
 * transactions cannot deadlock. Measures of more pixels are better: recipes decode to different sizes.
 */
export function writtenContents(measured: MeasuredOf[]): RawBuilder<unknown> {
  return sql`
    insert into contents (tenant_id, sha256, format, width, height, bytes, look_hash, measures, measured_at)
    select tenant_id, decode(sha256, 'hex'), format, width, height, bytes, ('x' || look_hash)::bit(256), measures, now()
    from json_to_recordset(${JSON.stringify(bestOfEach(measured.map(contentRow)))}) as c
      (tenant_id integer, sha256 text, format text, width integer, height integer, bytes bigint, look_hash text,
        measures jsonb)
    order by tenant_id, sha256
    on conflict (tenant_id, sha256) do update
      set width = excluded.width, height = excluded.height, look_hash = excluded.look_hash,
        measures = excluded.measures, measured_at = excluded.measured_at
      where contents.measures is null
        or ((contents.measures->'v')::integer, (contents.measures->'measured'->'width')::integer)
          < ((excluded.measures->'v')::integer, (excluded.measures->'measured'->'width')::integer)`;
}

/** A source that was measured, and its tenant. */
export type MeasuredOf = { tenantId: number; measured: Measured };

type ContentRow = ReturnType<typeof contentRow>;

function contentRow({ tenantId, measured: { source, facts, content } }: MeasuredOf) {
  return {
    tenant_id: tenantId,
    sha256: source.sha256.toString('hex'),
    format: facts.format,
    width: content.width,
    height: content.height,
    bytes: source.bytes,
    look_hash: content.lookHash,
    measures: content.measures,
  };
}

/** A statement may write each row once only. */
function bestOfEach(rows: ContentRow[]): ContentRow[] {
  const best = new Map<string, ContentRow>();
  for (const row of rows) {
    const key = `${row.tenant_id} ${row.sha256}`;
    const other = best.get(key);
    if (!other || other.measures.measured.width < row.measures.measured.width) best.set(key, row);
  }
  return [...best.values()];
}

const AT_ONCE = 10_000;
const IS_OLD = sql`(c.measured_at is null or c.measured_at < now() - interval '30 days')`;

/**
 * Forgets contents of which no rendition set is left. What was measured lately stays: an image whose look failed it
 * has no set, and somebody may want to mark it as allowed.
 */
export async function forgetContents(db: Db): Promise<void> {
  let found = AT_ONCE;
  while (found === AT_ONCE) found = await longTransaction(db, forgetSome);
}

/**
 * Locks first: a transaction that records one of these contents either has it already, and it is left for the next
 * run; or it waits, and adds it again. What was recorded before the locks is seen by the second statement.
 * @returns how many had no set
 */
async function forgetSome(trx: Db): Promise<number> {
  const { rows } = await sql<{ tenant_id: number; sha256: string }>`
    select c.tenant_id, encode(c.sha256, 'hex') as sha256 from contents c
    where ${IS_OLD} and not exists (
      select from rendition_sets s where s.tenant_id = c.tenant_id and s.source_sha256 = c.sha256)
    limit ${AT_ONCE}
    for update of c skip locked`.execute(trx);
  if (rows.length === 0) return 0;
  await sql`
    delete from contents c
    using json_to_recordset(${JSON.stringify(rows)}) as f (tenant_id integer, sha256 text)
    where c.tenant_id = f.tenant_id and c.sha256 = decode(f.sha256, 'hex')
      and ${IS_OLD} and not exists (
        select from rendition_sets s where s.tenant_id = c.tenant_id and s.source_sha256 = c.sha256)`.execute(
    trx,
  );
  return rows.length;
}
