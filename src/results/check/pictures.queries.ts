import { type RawBuilder, sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { Db } from '../../db/database.ts';
import { when } from '../../db/when.ts';
import type { ImageState } from '../../images/image.ts';
import type { FileMeasures } from '../../pipeline/file-measures.ts';
import type { Measures } from '../../pipeline/measures.ts';

/** An image with the file that is checked, as far as it is known. `file_…` are null without one. */
export type PictureRow = {
  slot: number;
  row_number: number;
  position: number;
  recipe: number;
  url: string;
  host: string;
  state: ImageState;
  error_code: string | null;
  is_placeholder: boolean;
  hash16: string | null;
  /** of its product, if it was asked for */
  label?: string;
  sku?: string | null;
  product_name?: string;
  /** the cell of its product's category; null: there is no such column */
  category?: string | null | undefined;
  file_format: string | null;
  file_width: number;
  file_height: number;
  file_bytes: number;
  /** of an output only where a rule was to be met: FileMeasures */
  file_measures: Measures | FileMeasures | null;
  /** of the rendition, from 1 */
  file_ordinal?: number | null;
};

/** `categoryColumn`: index of the cell with the product's category, from 0. */
export type PictureChoice = {
  of: 'source' | 'output';
  rendition: string | undefined;
  categoryColumn: number | undefined;
  /** whether products are named */
  isNamed: boolean;
};

/** @param images a statement for rows of `images` */
export async function readPictures(
  db: Db,
  images: RawBuilder<unknown>,
  { of, rendition, categoryColumn, isNamed }: PictureChoice,
): Promise<PictureRow[]> {
  const hasCategory = categoryColumn !== undefined;
  const { rows } = await sql<PictureRow>`
    select i.slot, i.row_number, i.position, i.recipe, i.url, i.host, i.state, i.error_code, i.is_placeholder, i.hash16,
      f.format as file_format, f.width as file_width, f.height as file_height, f.bytes as file_bytes,
      f.measures as file_measures
      ${when(of === 'output', sql`, f.ordinal as file_ordinal`)}
      ${when(hasCategory, sql`, p.cells->>${sql.lit(categoryColumn ?? 0)} as category`)}
      ${when(isNamed, sql`, p.label, p.sku, p.name as product_name`)}
    from (${images}) i
    ${when(hasCategory || isNamed, sql`cross join lateral (${PRODUCT}) p`)}
    left join lateral (${of === 'source' ? CONTENT : renditionOf(rendition)}) f on true
    order by i.slot`.execute(db);
  return rows;
}

// The limits keep the planner from reading a whole table for each page.
const PRODUCT = sql`
  select p.label, p.sku, p.name, p.cells from products p
  where p.tenant_id = i.tenant_id and p.batch_id = i.batch_id and p.row_number = i.row_number limit 1`;

const CONTENT = sql`
  select c.format, c.width, c.height, c.bytes, c.measures
  from rendition_sets s join contents c on c.tenant_id = s.tenant_id and c.sha256 = s.source_sha256
  where s.tenant_id = i.tenant_id and s.hash16 = i.hash16 limit 1`;

const renditionOf = (name: string | undefined): RawBuilder<unknown> => sql`
  select r.format, r.width, r.height, r.bytes, r.measures, r.ordinal
  from renditions r
  where r.tenant_id = i.tenant_id and r.hash16 = i.hash16
    and ${name === undefined ? sql`r.ordinal = 1` : sql`r.name = ${name}`} limit 1`;

/** Images in the order of their slots, without `to`. */
export function imagesOfSlots(
  { tenantId, batchId }: BatchKey,
  slots: { from: number; to: number },
): RawBuilder<unknown> {
  return sql`
    select * from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and slot >= ${slots.from} and slot < ${slots.to}`;
}
