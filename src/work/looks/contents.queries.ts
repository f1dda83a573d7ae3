import { sql } from 'kysely';
import { MEASURES_VERSION } from '../../pipeline/measures.ts';
import type { BatchKey } from '../../batches/batch.ts';
import type { Db } from '../../db/database.ts';
import { SLOTS_A_PAGE } from '../../pipeline/content-page.ts';
import type { EndedRound } from './claim.ts';
import { BatchContents, type ReadImage } from './contents.ts';
import { type ContentRow, writeFacts } from './facts.ts';

const AT_ONCE = 5 * SLOTS_A_PAGE;

/**
 * Reads all completed images of a batch, a page at a time, so that no snapshot stays open, and writes down for the
 * reports what their contents are.
 */
export async function readContents(db: Db, round: EndedRound, signal: AbortSignal): Promise<BatchContents> {
  const contents = new BatchContents(round.slots);
  for (let from = 1; from <= round.slots; from += AT_ONCE) {
    signal.throwIfAborted();
    const images = await readImages(db, round, { from, to: from + AT_ONCE });
    for (const image of images) contents.add(image);
    await writeFacts(db, round, images);
  }
  return contents;
}

/** Of an object below this share of the area, nothing can be seen. */
const NEARLY_NOTHING = 0.01;

const FEW_COLOURS = 64;

// The limits keep the planner from reading a whole table for each page.
const CONTENT = sql`
  select s.source_sha256 as sha256, c.look_hash, c.format, c.width, c.height, c.bytes, c.measures
  from (
    select tenant_id, source_sha256 from rendition_sets
    where tenant_id = i.tenant_id and hash16 = i.hash16 limit 1) s
  left join lateral (
    select look_hash, format, width, height, bytes, measures from contents
    where tenant_id = s.tenant_id and sha256 = s.source_sha256
      and (measures->'v')::integer >= ${sql.lit(MEASURES_VERSION)} limit 1) c on true`; // older measures are as good as none

async function readImages(
  db: Db,
  { tenantId, batchId }: BatchKey,
  slots: { from: number; to: number },
): Promise<(ReadImage & ContentRow)[]> {
  const { rows } = await sql<ReadImage & ContentRow>`
    select i.slot, i.row_number, i.host, i.url, i.hash16, c.format, c.width, c.height, c.bytes, c.measures, c.sha256, substr(bit_send(c.look_hash), 5) as look,
      (c.measures->'chroma'->>0)::float8 as blue, (c.measures->'chroma'->>1)::float8 as red,
      coalesce(c.measures is not null and (c.look_hash is null or (c.measures->>'empty')::boolean
        or (c.measures->>'fill_box')::float8 < ${NEARLY_NOTHING}), false) as is_empty,
      coalesce((c.measures->>'colour_count')::integer <= ${FEW_COLOURS}, false) as is_drawn
    from images i cross join lateral (${CONTENT}) c
    where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.state = 'completed'
      and i.slot >= ${slots.from} and i.slot < ${slots.to}
    order by i.slot`.execute(db);
  return rows;
}
