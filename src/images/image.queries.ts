import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { UPLOAD_HOST } from '../pipeline/uploaded-source.ts';
import { KEY_SQL, type StorageKey, UPLOADED_KEY_SQL } from '../storage/keys.ts';
import { when } from '../db/when.ts';
import type { Fix } from '../pipeline/file-measures.ts';
import { FIX_SQL } from './fix.ts';
import { type ImageState, type PublicImageState, SHOWN_STATE, STATE_NOW } from './image.ts';

/** An image with its source and its renditions. Sizes in pixels and bytes; `key` is a storage key. */
export type ImageRow = {
  image_id: string;
  batch_id: string;
  slot: number;
  row_number: number;
  position: number;
  url: string;
  /** its own name, if it was uploaded with the table */
  file: string | null;
  /** where it is in storage then */
  stored_at: StorageKey | null;
  state: PublicImageState;
  tries: number;
  due_at: Date | null;
  ended_at: Date | null;
  error_code: string | null;
  error_detail: string | null;
  is_placeholder: boolean;
  source: { width: number; height: number; bytes: number; format: string; sha256: string } | null;
  renditions: RenditionRow[];
};

type RenditionRow = {
  name: string;
  key: string;
  width: number;
  height: number;
  bytes: number;
  format: string;
  fix: Fix | null;
};

/** With what belongs to each. @param images a statement for rows of `images` */
const imageRows = (images: RawBuilder<unknown>) => sql<ImageRow>`
  select i.image_id, i.batch_id, i.slot, i.row_number, i.position, i.url, ${SHOWN_STATE} as state, i.tries,
    case when b.ended_at is null then i.due_at end as due_at, coalesce(i.ended_at, b.ended_at) as ended_at,
    i.error_code, i.error_detail, i.is_placeholder, u.name as file, ${UPLOADED_KEY_SQL} as stored_at,
    (select json_build_object('width', s.source_width, 'height', s.source_height, 'bytes', s.source_bytes,
        'format', s.source_format, 'sha256', encode(s.source_sha256, 'hex'))
      from rendition_sets s where s.tenant_id = i.tenant_id and s.hash16 = i.hash16) as source,
    (select coalesce(json_agg(json_build_object('name', r.name, 'key', ${KEY_SQL},
        'width', r.width, 'height', r.height, 'bytes', r.bytes, 'format', r.format, 'fix', ${FIX_SQL}) order by r.ordinal), '[]')
      from renditions r where r.tenant_id = i.tenant_id and r.hash16 = i.hash16) as renditions
  from (${images}) i
  join batches b on b.tenant_id = i.tenant_id and b.batch_id = i.batch_id
  join tenants t on t.tenant_id = i.tenant_id
  left join uploaded_files u on u.tenant_id = i.tenant_id and u.batch_id = i.batch_id
    and u.sha256 = case when i.host = ${UPLOAD_HOST} and i.url like 'upload:%' then decode(substr(i.url, 8), 'hex') end`;

export async function findImage(
  db: Db,
  { tenantId, imageId }: { tenantId: number; imageId: string },
): Promise<ImageRow | undefined> {
  const image = sql`select * from images where tenant_id = ${tenantId} and image_id = ${imageId}`;
  return (await imageRows(image).execute(db)).rows[0];
}

export type ImageFilter = {
  tenantId: number;
  batchId: string;
  /** in one of these slots */
  slots?: readonly number[] | undefined;
  /** of `STATE_NOW`; undefined for all */
  states?: readonly ImageState[] | undefined;
  /** failed with one of these codes */
  codes?: readonly string[] | undefined;
  /** of one of these hosts */
  hosts?: readonly string[] | undefined;
  /** of this group of images that show the same */
  group?: number | undefined;
  afterSlot: number;
  limit: number;
};

/** The rows of a page of a batch's images. */
export function imagesOf(filter: ImageFilter): RawBuilder<unknown> {
  const { tenantId, batchId, slots, states, codes, hosts, group, afterSlot, limit } = filter;
  return sql`
    select * from images i
    where tenant_id = ${tenantId} and batch_id = ${batchId} and slot > ${afterSlot}
      ${when(slots !== undefined, sql`and slot = any(${slots}::integer[])`)}
      ${when(states !== undefined, sql`and ${STATE_NOW} = any(${states}::text[])`)}
      ${when(states?.length === 1 && states[0] === 'failed', sql`and state = 'failed'`)}
      ${when(codes !== undefined, sql`and state = 'failed' and error_code = any(${codes}::text[])`)}
      ${when(hosts !== undefined, sql`and host = any(${hosts}::text[])`)}
      ${when(group !== undefined, sql`and slot = any(${slotsOfGroup(filter)})`)}
    order by slot
    limit ${limit}`;
}

/** An array; null if there is no such group. */
function slotsOfGroup({ tenantId, batchId, group = 0 }: ImageFilter): RawBuilder<unknown> {
  return sql`(
    select l.slots from batch_looks l
    join batches b on b.tenant_id = l.tenant_id and b.batch_id = l.batch_id and b.looks_round = l.round
    where l.tenant_id = ${tenantId} and l.batch_id = ${batchId} and l.look = ${group})::integer[]`;
}

/** A page of a batch's images, by slot. */
export async function listImages(db: Db, filter: ImageFilter): Promise<ImageRow[]> {
  const { rows } = await sql<ImageRow>`${imageRows(imagesOf(filter))} order by i.slot`.execute(db);
  return rows;
}

/** A page of the images with this source URL in all batches, newest first. `before`: the last id of the previous page. */
export async function listImagesOfUrl(
  db: Db,
  { tenantId, url, before, limit }: { tenantId: number; url: string; before: string; limit: number },
): Promise<ImageRow[]> {
  const images = sql`
    select * from images
    where tenant_id = ${tenantId} and hashtextextended(url, 0) = hashtextextended(${url}, 0) and url = ${url}
      and image_id < ${before}
    order by image_id desc
    limit ${limit}`;
  const { rows } = await sql<ImageRow>`${imageRows(images)} order by i.image_id desc`.execute(db);
  return rows;
}

/** Consecutive slots of a batch. */
export type SlotRange = { batchId: string; firstSlot: number; images: number };

/** The images of several products: each has a range of slots. */
export async function listImagesOfRanges(
  db: Db,
  { tenantId, ranges }: { tenantId: number; ranges: SlotRange[] },
): Promise<ImageRow[]> {
  const images = sql`
    select i.* from images i
    join unnest(${ranges.map((range) => range.batchId)}::uuid[], ${ranges.map((range) => range.firstSlot)}::integer[],
      ${ranges.map((range) => range.images)}::integer[]) as r (batch_id, first_slot, images)
      on i.batch_id = r.batch_id and i.slot >= r.first_slot and i.slot < r.first_slot + r.images
    where i.tenant_id = ${tenantId}`;
  const { rows } = await sql<ImageRow>`${imageRows(images)} order by i.batch_id, i.slot`.execute(db);
  return rows;
}

/** `http_status`: of the answer that made the try fail; null where it was something else, or an older version did not keep it. */
type Attempt = { at: Date; code: string; detail: string; http_status: number | null };

/** The failed tries of an image, oldest first. An image that follows a lead image shows those of the lead. */
export async function listAttempts(
  db: Db,
  { tenantId, imageId }: { tenantId: number; imageId: string },
): Promise<Attempt[]> {
  const { rows } = await sql<Attempt>`
    select a.at, a.code, a.detail, a.http_status
    from images i
    join attempts a on a.tenant_id = i.tenant_id and a.batch_id = i.batch_id and a.lead_slot = i.lead_slot
    where i.tenant_id = ${tenantId} and i.image_id = ${imageId}
    order by a.at`.execute(db);
  return rows;
}
