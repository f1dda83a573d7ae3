import { type RawBuilder, sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { Db } from '../../db/database.ts';
import { when } from '../../db/when.ts';
import { STATE_NOW } from '../../images/image.ts';
import type { PictureFile, PictureRow } from './picture.ts';
import {
  type Columns,
  columnsOf,
  FILE,
  type FileCells,
  filesByHash,
  IMAGE,
  type Page,
  picturesOf,
  PRODUCT,
} from './picture-columns.ts';

/** Which file is checked; `rendition`: the first by default. */
export type FileChoice = { of: 'source' | 'output'; rendition: string | undefined };

/**
 * `categoryColumn`: index of the cell with the product's category, from 0. `isNamed`: whether products are read even
 * without it.
 */
export type PictureChoice = { categoryColumn: number | undefined; isNamed: boolean };

/**
 * Reads a page of pictures without their files. Node parses one text of JSON sooner than many cells.
 * @param images a statement for rows of `images`
 */
export async function readPictures(
  db: Db,
  { tenantId, batchId }: BatchKey,
  images: RawBuilder<unknown>,
  { categoryColumn: column, isNamed }: PictureChoice,
): Promise<PictureRow[]> {
  const products = sql`
    select row_number, label, sku, name,
      ${column === undefined ? sql`null::text` : sql`cells->>${sql.lit(column)}`} as category
    from products
    where tenant_id = ${tenantId} and batch_id = ${batchId}
      and row_number = any(array(select distinct row_number from i))`;
  const { rows } = await sql<Page>`
    with i as materialized (select ${sql.join(IMAGE.map(columnOf))} from (${images}) i)
    select (${columnsOf(IMAGE, sql`select * from i order by slot`)}) as images
      ${when(isNamed || column !== undefined, sql`, (${columnsOf(PRODUCT, products)}) as products`)}`.execute(
    db,
  );
  return rows.flatMap(picturesOf);
}

function columnOf(name: (typeof IMAGE)[number]): RawBuilder<unknown> {
  return name === 'state' ? sql`${STATE_NOW} as state` : sql.ref(name);
}

/** Of these renditions, by `hash16`. PostgreSQL finds them sooner in the order of their index than one by one. */
export async function readFiles(
  db: Db,
  { tenantId }: BatchKey,
  hashes: readonly string[],
  choice: FileChoice,
): Promise<Map<string, PictureFile>> {
  const files = filesOf(tenantId, sql`${hashes}::text[]`, choice);
  const { rows } = await sql<{
    files: Columns<FileCells>;
  }>`select (${columnsOf(FILE, files)}) as files`.execute(db);
  const [page] = rows;
  return page ? filesByHash(page.files) : new Map();
}

/** @param hashes an array of `hash16` */
function filesOf(
  tenantId: number,
  hashes: RawBuilder<unknown>,
  { of, rendition }: FileChoice,
): RawBuilder<unknown> {
  return of === 'source' ? contentsOf(tenantId, hashes) : renditionsOf(tenantId, hashes, rendition);
}

// The limit keeps the planner from reading the whole table for each page; the order has neighbours read together.
const contentsOf = (tenantId: number, hashes: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  select s.hash16, c.format, c.width, c.height, c.bytes, c.measures, 1 as ordinal
  from (
    select hash16, source_sha256 from rendition_sets
    where tenant_id = ${tenantId} and hash16 = any(${hashes})
    order by source_sha256
  ) s
  cross join lateral (select * from contents where tenant_id = ${tenantId} and sha256 = s.source_sha256 limit 1) c`;

const renditionsOf = (
  tenantId: number,
  hashes: RawBuilder<unknown>,
  name: string | undefined,
): RawBuilder<unknown> => sql`
  select hash16, format, width, height, bytes, measures, ordinal
  from renditions
  where tenant_id = ${tenantId} and hash16 = any(${hashes})
    and ${name === undefined ? sql`ordinal = 1` : sql`name = ${name}`}`;

/** Images in the order of their slots, without `to`. */
export function imagesOfSlots(
  { tenantId, batchId }: BatchKey,
  slots: { from: number; to: number },
): RawBuilder<unknown> {
  return sql`
    select * from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and slot >= ${slots.from} and slot < ${slots.to}`;
}
