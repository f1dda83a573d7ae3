import { sql } from 'kysely';
import type { BatchKey, BatchState } from '../batches/batch.ts';
import { type NameTemplate, parseNameTemplate } from '../presets/name-template.ts';
import type { Db } from '../db/database.ts';
import { when } from '../db/when.ts';
import type { Flaw } from '../errors.ts';
import { type ImageState, type PublicImageState, shownState, STATE_NOW } from '../images/image.ts';
import { readTableFormat, type StoredTableFormat, type TableFormat } from '../csv/table-format.ts';
import type { Recipe } from '../presets/spec.ts';
import { readRecipe, type StoredRecipe } from '../presets/stored.ts';

/** A batch as the writers of its results need it. */
export type BatchResults = BatchKey & {
  isCancelled: boolean;
  format: TableFormat;
  recipes: Recipe[];
  /** whether products that do not say their category are apparel; null: unknown */
  apparel: boolean | null;
  /** of the tenant: the first part of the storage keys */
  token: string;
  nameTemplate: NameTemplate | undefined;
  createdAt: Date;
  /** how many there are: slots from 1 */
  images: number;
  /** of the upload, or the batch's name if the upload has none */
  fileName: string;
};

type ImageResult = {
  position: number;
  /** index in the batch's recipes, from 0 */
  recipe: number;
  state: PublicImageState;
  errorCode: string | null;
  setId: string | null;
  /** 0, '' and false if they were not asked for; a local file has no host */
  slot: number;
  url: string;
  host: string;
  isPlaceholder: boolean;
};

export type ProductResult = {
  rowNumber: number;
  label: string;
  productName: string;
  /** as they were in the file */
  cells: string[];
  /** '1' for each cell that was in quotes; null: none was, or an older version did not record it */
  quoted: string | null;
  /** why intake rejected the row; empty if it did not */
  flaws: Flaw[];
  firstSlot: number;
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
    apparel: boolean | null;
    token: string;
    name_template: string | null;
    created_at: Date;
    file_name: string;
    images: number;
  }>`
    select b.state, b.table_format as format, b.recipes, b.apparel, t.token, b.name_template, b.created_at,
      coalesce(b.file_name, b.name) as file_name, b.images
    from batches b join tenants t on t.tenant_id = b.tenant_id
    where b.tenant_id = ${tenantId} and b.batch_id = ${batchId}`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { state, apparel, token, created_at: createdAt, file_name: fileName, images } = row;
  const format = readTableFormat(row.format);
  const recipes = row.recipes.map(readRecipe);
  const nameTemplate = row.name_template === null ? undefined : parseNameTemplate(row.name_template);
  const isCancelled = state === 'cancelled';
  return {
    tenantId,
    batchId,
    isCancelled,
    format,
    recipes,
    apparel,
    token,
    nameTemplate,
    createdAt,
    fileName,
    images,
  };
}

/**
 * All products in order, in pages. Each page has statements of its own, so that no snapshot stays open, and is read
 * while the one before is used.
 * @param hasSources whether slots and sources of images are read, and what they are
 */
export async function* productPages(
  db: Db,
  results: BatchResults,
  { hasSources = false } = {},
): AsyncGenerator<ProductResult[]> {
  const read = (after: number, most: number): Promise<ProductResult[]> => {
    const page = readPage(db, results, { after, most, hasSources });
    page.catch(() => {}); // thrown when it is awaited, unless nobody wants it any more
    return page;
  };
  for (let next = read(0, FIRST_ROWS); ;) {
    const page = await next;
    const last = page.at(-1);
    if (!last) return;
    next = read(last.rowNumber, Math.min(ROWS_A_PAGE, 2 * page.length));
    yield page;
  }
}

async function readPage(
  db: Db,
  results: BatchResults,
  { after, most, hasSources }: { after: number; most: number; hasSources: boolean },
): Promise<ProductResult[]> {
  const products = await readProductRows(db, results, { after, most });
  const [first, last] = [products[0], products.at(-1)];
  if (!first || !last) return [];
  const slots = { from: first.first_slot, to: last.first_slot + last.images };
  const images = Map.groupBy(
    await readImageRows(db, results, { ...slots, hasSources }),
    (image) => image.row_number,
  );
  return products.map((product) => productOf(product, images.get(product.row_number) ?? [], results));
}

function productOf(
  product: ProductResultRow,
  images: ImageResultRow[],
  results: BatchResults,
): ProductResult {
  return {
    rowNumber: product.row_number,
    label: product.label,
    productName: product.name,
    cells: product.cells,
    quoted: product.quoted,
    flaws: product.flaws ?? [],
    firstSlot: product.first_slot,
    images: images.map((image) => ({
      position: image.position,
      recipe: image.recipe,
      state: shownState(image.state, results),
      errorCode: image.error_code,
      setId: image.hash16,
      slot: image.slot ?? 0,
      url: image.url ?? '',
      host: image.host ?? '',
      isPlaceholder: image.is_placeholder ?? false,
    })),
  };
}

type ProductResultRow = {
  row_number: number;
  label: string;
  name: string;
  cells: string[];
  quoted: string | null;
  flaws: Flaw[] | null;
  first_slot: number;
  images: number;
};

const FIRST_ROWS = 50;
const ROWS_A_PAGE = 500; // a million rows take 1.5 times as long with 100 that are not read ahead, hardly less with 1,000
const PAGE_BYTES = 2 ** 20; // of cells, unless one row has more: it may have a million characters

async function readProductRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { after, most }: { after: number; most: number },
): Promise<ProductResultRow[]> {
  // The sizes of all `most` rows are read, so a page of long rows is followed by one of few.
  const { rows } = await sql<ProductResultRow>`
    select row_number, label, name, cells, quoted, flaws, first_slot, images
    from (
      select *, coalesce(sum(octet_length(cells::text))
        over (order by row_number rows between unbounded preceding and 1 preceding), 0) as bytes_before
      from products
      where tenant_id = ${tenantId} and batch_id = ${batchId} and row_number > ${after}
      order by row_number limit ${most}) page
    where bytes_before < ${PAGE_BYTES}
    order by row_number`.execute(db);
  return rows;
}

type ImageResultRow = {
  row_number: number;
  position: number;
  recipe: number;
  state: ImageState;
  error_code: string | null;
  hash16: string | null;
  slot?: number;
  url?: string;
  host?: string;
  is_placeholder?: boolean;
};

/** Images in the order of their slots, without `to`. */
async function readImageRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { from, to, hasSources }: { from: number; to: number; hasSources: boolean },
): Promise<ImageResultRow[]> {
  const { rows } = await sql<ImageResultRow>`
    select row_number, position, recipe, ${STATE_NOW} as state, error_code, hash16
      ${when(hasSources, sql`, slot, url, host, is_placeholder`)}
    from images i
    where tenant_id = ${tenantId} and batch_id = ${batchId} and slot >= ${from} and slot < ${to}
    order by slot`.execute(db);
  return rows;
}

const KEYS_A_PAGE = 1_000; // they are small

/** Which failed images count: with one of the codes, and of one of the hosts; undefined: all. */
export type FailedFilter = { codes?: string[] | undefined; hosts?: string[] | undefined };

/** A page of failed images in the order of their slots (index images_failed), with their rows. */
export async function readFailedImages(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { codes, hosts, afterSlot }: FailedFilter & { afterSlot: number },
): Promise<{ slot: number; row_number: number }[]> {
  const { rows } = await sql<{ slot: number; row_number: number }>`
    select slot, row_number from images
    where tenant_id = ${tenantId} and batch_id = ${batchId} and state = 'failed' and slot > ${afterSlot}
      ${when(codes !== undefined, sql`and error_code = any(${codes}::text[])`)}
      ${when(hosts !== undefined, sql`and host = any(${hosts}::text[])`)}
    order by slot limit ${KEYS_A_PAGE}`.execute(db);
  return rows;
}

/** A page of rows that intake rejected, ascending (index products_rejected). */
export async function readRejectedRows(
  db: Db,
  { tenantId, batchId }: BatchKey,
  afterRow: number,
): Promise<number[]> {
  const { rows } = await sql<{ row_number: number }>`
    select row_number from products
    where tenant_id = ${tenantId} and batch_id = ${batchId} and flaws is not null and row_number > ${afterRow}
    order by row_number limit ${KEYS_A_PAGE}`.execute(db);
  return rows.map((row) => row.row_number);
}

/** The cells of these rows, ordered by row number. */
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
