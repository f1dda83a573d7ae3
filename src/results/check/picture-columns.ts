/** Pages of pictures as PostgreSQL sends them: one text of JSON, with an array for each column. */
import { type RawBuilder, sql } from 'kysely';
import type { PictureFile, PictureProduct, PictureRow } from './picture.ts';

type ImageCells = Omit<PictureRow, 'product' | 'file'>;
type ProductCells = PictureProduct & { row_number: number };
export type FileCells = PictureFile & { hash16: string };

export const IMAGE = [
  ...(['slot', 'row_number', 'position', 'recipe', 'url', 'host', 'state', 'error_code'] as const),
  ...(['is_placeholder', 'hash16'] as const),
] satisfies (keyof ImageCells)[];
export const PRODUCT = ['row_number', 'label', 'sku', 'name', 'category'] satisfies (keyof ProductCells)[];
export const FILE = [
  ...(['hash16', 'format', 'width', 'height', 'bytes', 'measures', 'ordinal'] as const),
] satisfies (keyof FileCells)[];

/** What a statement answers for a page of pictures. */
export type Page = {
  images: Columns<ImageCells>;
  products?: Columns<ProductCells>;
};

/** Rows as arrays of cells, by column: null if there are no rows. */
export type Columns<Row> = { [Name in keyof Row]: Row[Name][] | null };

export function columnsOf(names: readonly string[], rows: RawBuilder<unknown>): RawBuilder<unknown> {
  const columns = names.map((name) => sql`${sql.lit(name)}, json_agg(${sql.ref(name)})`);
  return sql`select json_build_object(${sql.join(columns)}) from (${rows}) r`;
}

/** Without their files. */
export function picturesOf({ images, products }: Page): PictureRow[] {
  const productsOfRow = productsByRow(products);
  return (images.slot ?? []).map((slot, i) => {
    const row_number = at(images.row_number, i);
    return {
      slot,
      row_number,
      position: at(images.position, i),
      recipe: at(images.recipe, i),
      url: at(images.url, i),
      host: at(images.host, i),
      state: at(images.state, i),
      error_code: at(images.error_code, i),
      is_placeholder: at(images.is_placeholder, i),
      hash16: at(images.hash16, i),
      product: productsOfRow.get(row_number),
      file: undefined,
    };
  });
}

export function filesByHash(files: Columns<FileCells>): Map<string, PictureFile> {
  const found = new Map<string, PictureFile>();
  for (const [i, hash16] of files.hash16?.entries() ?? [])
    found.set(hash16, {
      format: at(files.format, i),
      width: at(files.width, i),
      height: at(files.height, i),
      bytes: at(files.bytes, i),
      measures: at(files.measures, i),
      ordinal: at(files.ordinal, i),
    });
  return found;
}

function productsByRow(products: Columns<ProductCells> | undefined): Map<number, PictureProduct> {
  const found = new Map<number, PictureProduct>();
  for (const [i, row] of products?.row_number?.entries() ?? [])
    found.set(row, {
      label: at(products?.label, i),
      sku: at(products?.sku, i),
      name: at(products?.name, i),
      category: at(products?.category, i),
    });
  return found;
}

/** All columns of a page are equally long. */
function at<T>(cells: readonly T[] | null | undefined, i: number): T {
  return cells?.[i] as T;
}
