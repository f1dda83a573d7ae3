import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { type PublicImageState, SHOWN_STATE } from './image.ts';
import { type ImageFilter, imagesOf } from './image.queries.ts';
import type { SmallFile } from './thumb.ts';

/** The files of an image's set, by the order of the recipe. */
type SetFiles = { token: string; hash16: string | null; files: (SmallFile & { bytes: number })[] };

export type SheetRow = SetFiles & {
  image_id: string;
  slot: number;
  row_number: number;
  position: number;
  url: string;
  state: PublicImageState;
  error_code: string | null;
  product_name: string;
  sku: string | null;
  product_images: number;
  source_bytes: number | null;
};

/** The renditions of a row `i` of `images`. */
const FILES = sql`
  (select coalesce(json_agg(json_build_object('name', r.name, 'extension', r.extension,
      'width', r.width, 'height', r.height, 'bytes', r.bytes) order by r.ordinal), '[]')
    from renditions r where r.tenant_id = i.tenant_id and r.hash16 = i.hash16)`;

/** A page of a batch's images with their products, by slot. */
export async function listSheet(db: Db, filter: ImageFilter): Promise<SheetRow[]> {
  const { rows } = await sql<SheetRow>`
    select i.image_id, i.slot, i.row_number, i.position, i.url, ${SHOWN_STATE} as state, i.error_code, t.token, i.hash16,
      coalesce(p.name, '') as product_name, p.sku, coalesce(p.images, 1) as product_images, s.source_bytes, ${FILES} as files
    from (${imagesOf(filter)}) i
    join batches b on b.tenant_id = i.tenant_id and b.batch_id = i.batch_id
    join tenants t on t.tenant_id = i.tenant_id
    left join products p on p.tenant_id = i.tenant_id and p.batch_id = i.batch_id and p.row_number = i.row_number
    left join rendition_sets s on s.tenant_id = i.tenant_id and s.hash16 = i.hash16
    order by i.slot`.execute(db);
  return rows;
}

export type LatestRow = SetFiles & { batch_id: string; image_id: string; slot: number };

const LAST_SLOTS = 100; // looked at in a batch that has no latest slots: an older version completed its images

/** The images of each batch that were completed last, newest first. */
export async function listLatest(
  db: Db,
  { tenantId, batchIds, count }: { tenantId: number; batchIds: string[]; count: number },
): Promise<LatestRow[]> {
  if (batchIds.length === 0) return [];
  const { rows } = await sql<LatestRow>`
    with latest as (
      select b.tenant_id, b.batch_id, l.slot, l.place
      from batches b
      cross join lateral unnest((coalesce(nullif(b.latest_slots, '{}'), array(${lastCompleted(count)})))[:${count}::integer])
        with ordinality as l (slot, place)
      where b.tenant_id = ${tenantId} and b.batch_id = any(${batchIds}::uuid[])
    )
    select i.batch_id, i.image_id, i.slot, t.token, i.hash16, ${FILES} as files
    from latest l
    join images i on i.tenant_id = l.tenant_id and i.batch_id = l.batch_id and i.slot = l.slot
    join tenants t on t.tenant_id = i.tenant_id
    where i.state = 'completed'
    order by l.batch_id, l.place`.execute(db);
  return rows;
}

/** Of a row `b` of `batches`. */
function lastCompleted(count: number): RawBuilder<unknown> {
  return sql`
    select i.slot from images i
    where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id and i.slot > b.images - ${LAST_SLOTS}::integer
      and i.state = 'completed'
    order by i.slot desc limit ${count}`;
}
