import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';
import type { BatchKey } from './batch.ts';

/** A row of the CSV that matches a search; `slot` is the image that matches, else the row's first. */
export type FoundRow = {
  row_number: number;
  slot: number;
  name: string;
  sku: string | null;
  images: number;
  matched: 'row' | 'sku' | 'url' | 'name';
};

/** What is found by an index: a row number, an exact SKU, an exact URL. One line per row of the CSV, in order. */
export async function findExactly(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { text, limit }: { text: string; limit: number },
): Promise<FoundRow[]> {
  const row = /^\d{1,9}$/.test(text) ? Number(text) : null;
  const { rows } = await sql<FoundRow>`
    select distinct on (p.row_number) p.row_number, f.slot, p.name, p.sku, p.images, f.matched
    from (
      select row_number, first_slot as slot, 'row' as matched, 1 as place from products
      where tenant_id = ${tenantId} and batch_id = ${batchId} and row_number = ${row}::integer
      union all
      select row_number, first_slot, 'sku', 2 from products
      where tenant_id = ${tenantId} and batch_id = ${batchId} and sku = ${text}
      union all
      select row_number, slot, 'url', 3 from images
      where tenant_id = ${tenantId} and batch_id = ${batchId}
        and hashtextextended(url, 0) = hashtextextended(${text}, 0) and url = ${text}
    ) f
    join products p on p.tenant_id = ${tenantId} and p.batch_id = ${batchId} and p.row_number = f.row_number
    where p.images > 0
    order by p.row_number, f.place, f.slot
    limit ${limit}`.execute(db);
  return rows;
}

export type Part = {
  /** a regular expression */
  pattern: string;
  /** whether to search in source URLs too */
  inUrls: boolean;
  /** rows of the CSV, from the one after `after` to `to` */
  after: number;
  to: number;
  limit: number;
};

/** Searches some rows of the CSV, in order. Its cost grows with these rows, whatever is found. */
export async function findInRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { pattern, inUrls, after, to, limit }: Part,
): Promise<FoundRow[]> {
  const { rows } = await sql<FoundRow>`
    with part as (
      select row_number, first_slot, images, name, sku from products
      where tenant_id = ${tenantId} and batch_id = ${batchId} and row_number > ${after} and row_number <= ${to}
        and images > 0
    )
    select p.row_number, ${inUrls ? sql`coalesce(u.slot, p.first_slot)` : sql`p.first_slot`} as slot,
      p.name, p.sku, p.images,
      case when p.sku ~ ${pattern} then 'sku' when p.name ~ ${pattern} then 'name' else 'url' end as matched
    from part p
    ${when(
      inUrls,
      sql`left join (
        select row_number, min(slot) as slot from images
        where tenant_id = ${tenantId} and batch_id = ${batchId} and url ~ ${pattern}
          and slot >= (select min(first_slot) from part)
          and slot < (select max(first_slot + images) from part)
        group by row_number) u using (row_number)`,
    )}
    where p.sku ~ ${pattern} or p.name ~ ${pattern} ${when(inUrls, sql`or u.slot is not null`)}
    order by p.row_number
    limit ${limit}`.execute(db);
  return rows;
}

/** The last row of a batch's CSV; 0 where there is none. */
export async function lastRowOf(db: Db, { tenantId, batchId }: BatchKey): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(row_number), 0) as last from products
    where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(db);
  return rows[0]?.last ?? 0;
}
