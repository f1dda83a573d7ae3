import { sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { StoredTableFormat } from '../../csv/table-format.ts';
import type { Db } from '../../db/database.ts';
import type { Found } from './found.ts';
import { parentColumn, type ParentColumn, SharingProducts } from './products.ts';

const AT_ONCE = 2_000;

/** Reads the products that share pictures. @returns in the order of the groups */
export async function readSharing(
  db: Db,
  batch: BatchKey,
  { groups, slots, signal }: { groups: readonly Found[]; slots: number; signal: AbortSignal },
): Promise<SharingProducts[]> {
  const sharing = groups.map(() => new SharingProducts());
  if (groups.length === 0) return sharing;
  const groupOf = new Int32Array(slots + 1).fill(-1);
  for (const [i, group] of groups.entries()) for (const slot of group.slots) groupOf[slot] = i;
  const column = await columnOf(db, batch);
  for (let after = 0; ;) {
    signal.throwIfAborted();
    const products = await readProducts(db, batch, { after, column });
    for (const product of products) {
      const { first_slot: first, images } = product;
      const named = { name: product.name, parent: product.parent || undefined };
      const ofProduct = new Set(groupOf.subarray(first, first + images));
      for (const group of ofProduct) sharing[group]?.add(named);
    }
    const last = products.at(-1);
    if (!last) return sharing;
    after = last.row_number;
  }
}

async function columnOf(db: Db, { tenantId, batchId }: BatchKey): Promise<ParentColumn | undefined> {
  const { rows } = await sql<{ format: StoredTableFormat }>`
    select table_format as format from batches where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(
    db,
  );
  return rows[0] && parentColumn(rows[0].format.header);
}

type Product = {
  row_number: number;
  first_slot: number;
  images: number;
  name: string;
  parent: string | null;
};

/** A product itself has an empty parent: it is the one that its variants name. */
async function readProducts(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { after, column }: { after: number; column: ParentColumn | undefined },
): Promise<Product[]> {
  const cell = column ? sql`p.cells->>${sql.lit(column.column)}` : sql`null`;
  const parent = column?.isParent ? sql`coalesce(nullif(${cell}, ''), p.sku)` : cell;
  const { rows } = await sql<Product>`
    select p.row_number, p.first_slot, p.images, coalesce(nullif(p.name, ''), p.sku, p.label) as name, ${parent} as parent
    from products p
    where p.tenant_id = ${tenantId} and p.batch_id = ${batchId} and p.row_number > ${after}
    order by p.row_number limit ${AT_ONCE}`.execute(db);
  return rows;
}
