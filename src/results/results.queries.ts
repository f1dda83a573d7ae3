import { sql } from 'kysely';
import type { BatchKey, BatchState } from '../batches/batch.ts';
import { type NameTemplate, parseNameTemplate } from '../presets/name-template.ts';
import type { Db } from '../db/database.ts';
import type { Flaw } from '../errors.ts';
import { type ImageState, type PublicImageState, shownState } from '../images/image.ts';
import { readTableFormat, type StoredTableFormat, type TableFormat } from '../csv/table-format.ts';
import type { Recipe } from '../presets/spec.ts';
import { readRecipe, type StoredRecipe } from '../presets/stored.ts';

/** What must be known of a batch to write its results. */
export type BatchResults = BatchKey & {
  isCancelled: boolean;
  format: TableFormat;
  recipes: Recipe[];
  /** the first part of the storage keys */
  token: string;
  nameTemplate: NameTemplate | undefined;
  createdAt: Date;
  /** of the upload; the batch's name where it had none */
  fileName: string;
};

type ImageResult = {
  position: number;
  /** index into the batch's recipes */
  recipe: number;
  state: PublicImageState;
  errorCode: string | null;
  hash16: string | null;
};

export type ProductResult = {
  rowNumber: number;
  label: string;
  productName: string;
  /** as they stood in the file */
  cells: string[];
  /** '1' for each of them that stood in quotes; null: none did, or it is not known */
  quoted: string | null;
  /** why intake rejected the row */
  flaws: Flaw[];
  images: ImageResult[];
};

export async function findResults(
  db: Db,
  { tenantId, batchId }: BatchKey,
): Promise<BatchResults | undefined> {
  const { rows } = await sql<{
    state: BatchState;
    format: StoredTableFormat;
    recipes: StoredRecipe[];
    token: string;
    name_template: string | null;
    created_at: Date;
    file_name: string;
  }>`
    select b.state, b.table_format as format, b.recipes, t.token, b.name_template, b.created_at,
      coalesce(b.file_name, b.name) as file_name
    from batches b join tenants t on t.tenant_id = b.tenant_id
    where b.tenant_id = ${tenantId} and b.batch_id = ${batchId}`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { state, token, created_at: createdAt, file_name: fileName } = row;
  const format = readTableFormat(row.format);
  const recipes = row.recipes.map(readRecipe);
  const nameTemplate = row.name_template === null ? undefined : parseNameTemplate(row.name_template);
  const isCancelled = state === 'cancelled';
  return { tenantId, batchId, isCancelled, format, recipes, token, nameTemplate, createdAt, fileName };
}

/** All products in order, in pages, a statement each, so that no snapshot stays open. */
export async function* productPages(db: Db, results: BatchResults): AsyncGenerator<ProductResult[]> {
  for (let after = 0; ;) {
    const products = await readProducts(db, results, after);
    const [first, last] = [products[0], products.at(-1)];
    if (!first || !last) return;
    const slots = { from: first.first_slot, to: last.first_slot + last.images };
    const images = Map.groupBy(await readImages(db, results, slots), (image) => image.row_number);
    yield products.map((product) => productOf(product, images.get(product.row_number) ?? [], results));
    after = last.row_number;
  }
}

function productOf(product: ProductRow, images: ImageRow[], results: BatchResults): ProductResult {
  return {
    rowNumber: product.row_number,
    label: product.label,
    productName: product.name,
    cells: product.cells,
    quoted: product.quoted,
    flaws: product.flaws ?? [],
    images: images.map((image) => ({
      position: image.position,
      recipe: image.recipe,
      state: shownState(image.state, results),
      errorCode: image.error_code,
      hash16: image.hash16,
    })),
  };
}

type ProductRow = {
  row_number: number;
  label: string;
  name: string;
  cells: string[];
  quoted: string | null;
  flaws: Flaw[] | null;
  first_slot: number;
  images: number;
};

const ROWS_A_PAGE = 100; // larger pages are no faster; of 500, a server takes 20 MB more

async function readProducts(db: Db, { tenantId, batchId }: BatchKey, after: number): Promise<ProductRow[]> {
  const { rows } = await sql<ProductRow>`
    select row_number, label, name, cells, quoted, flaws, first_slot, images from products
    where tenant_id = ${tenantId} and batch_id = ${batchId} and row_number > ${after}
    order by row_number limit ${ROWS_A_PAGE}`.execute(db);
  return rows;
}

type ImageRow = {
  row_number: number;
  position: number;
  recipe: number;
  state: ImageState;
  error_code: string | null;
  hash16: string | null;
};

/** Images by slot, `to` not included. */
async function readImages(
  db: Db,
  { tenantId, batchId }: BatchKey,
  slots: { from: number; to: number },
): Promise<ImageRow[]> {
  const { rows } = await sql<ImageRow>`
    select row_number, position, recipe, state, error_code, hash16 from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and slot >= ${slots.from} and slot < ${slots.to}
    order by slot`.execute(db);
  return rows;
}

/** The next rows with a failed image, by slot, through images_failed; a row comes once for each. */
export async function readFailedRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  afterSlot: number,
): Promise<{ slot: number; row_number: number }[]> {
  const { rows } = await sql<{ slot: number; row_number: number }>`
    select slot, row_number from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and state = 'failed' and slot > ${afterSlot}
    order by slot limit ${ROWS_A_PAGE}`.execute(db);
  return rows;
}

/** The next rows that intake rejected, through products_rejected. */
export async function readRejectedRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  after: number,
): Promise<number[]> {
  const { rows } = await sql<{ row_number: number }>`
    select row_number from products
    where tenant_id = ${tenantId} and batch_id = ${batchId} and flaws is not null and row_number > ${after}
    order by row_number limit ${ROWS_A_PAGE}`.execute(db);
  return rows.map((row) => row.row_number);
}

/** The cells of these rows, in order. */
export async function readCells(
  db: Db,
  { tenantId, batchId }: BatchKey,
  rowNumbers: number[],
): Promise<{ cells: string[]; quoted: string | null }[]> {
  const { rows } = await sql<{ cells: string[]; quoted: string | null }>`
    select cells, quoted from products
    where tenant_id = ${tenantId} and batch_id = ${batchId} and row_number = any(${rowNumbers}::integer[])
    order by row_number`.execute(db);
  return rows;
}
