import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

export type ProductRow = {
  batch_id: string;
  batch_name: string;
  row_number: number;
  line: number;
  name: string;
  sku: string;
  created_at: Date;
  first_slot: number;
  images: number;
};

/** The last product of a page. */
export type ProductCursor = { batchId: string; row: number };

/** A page of the products with a SKU in all batches, newest batch first. `after`: the last one of the previous page. */
export async function listProductsOfSku(
  db: Db,
  { tenantId, sku, after, limit }: { tenantId: number; sku: string; after: ProductCursor; limit: number },
): Promise<ProductRow[]> {
  const { rows } = await sql<ProductRow>`
    select p.batch_id, b.name as batch_name, p.row_number, p.line, p.name, p.sku, b.created_at, p.first_slot, p.images
    from products p
    join batches b on b.tenant_id = p.tenant_id and b.batch_id = p.batch_id
    where p.tenant_id = ${tenantId} and p.sku = ${sku}
      and (p.batch_id < ${after.batchId} or (p.batch_id = ${after.batchId} and p.row_number > ${after.row}))
    order by p.batch_id desc, p.row_number
    limit ${limit}`.execute(db);
  return rows;
}
