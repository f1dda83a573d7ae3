import { Archive } from '../archive/archive.ts';
import type { PictureNames } from '../archive/picture-names.ts';
import { type PictureProduct, productsOf } from '../archive/picture-products.ts';
import { tableFileOf } from '../archive/table-file.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import { otherTable } from '../csv/other-table.ts';
import type { TableRow } from '../csv/records.ts';
import type { Table } from '../csv/table.ts';
import { firstOf } from '../csv/table-pictures.ts';
import type { ZipFile } from '../zip/zip-file.ts';
import { ArchivePictures } from './archive-pictures.ts';

type ArchiveRules = {
  /** of the archive */
  bytes: number;
  maxSourceBytes: number;
  /** how names of pictures are read where there is no table */
  pictureNames?: PictureNames | undefined;
  /** Reads the table in the archive, which is no archive itself. */
  openTable(chunks: AsyncIterable<Buffer>): Promise<Table>;
};

/**
 * Reads an archive: its table, whose cells name pictures beside it; or, where there is none, the products that the
 * names of its pictures tell.
 * @throws Problem `csv_invalid`: `file_too_complex`, `several_tables`, `no_table`, and what is wrong with the table
 */
export async function readArchive(
  zip: ZipFile,
  { bytes, maxSourceBytes, pictureNames, openTable }: ArchiveRules,
): Promise<Table> {
  const archive = new Archive(zip, bytes);
  const file = tableFileOf(archive.files);
  const pictures = new ArchivePictures({ archive, table: file, maxSourceBytes });
  const table = file ? await openTable(archive.read(file)) : pictureTable(archive, pictureNames);
  return { ...table, isInArchive: true, pictures: firstOf(table.pictures, pictures) };
}

const MAX_PICTURES = 51; // of a product: one more than is allowed, which is told

/** A table with a product a row, and a column for each of its pictures. */
function pictureTable(archive: Archive, names: PictureNames | undefined): Table {
  const { products, warnings } = productsOf(archive.files, names);
  if (products.length === 0)
    throw invalidFile(
      'no_table',
      'The archive has neither a table (CSV or Excel workbook) nor pictures. Pack the table and the pictures that it names, or pictures named after their SKUs.',
    );
  const table = otherTable('csv', pictureRows(products), { bom: false });
  return { ...table, warnings: warnings.map(({ code, detail }) => ({ line: 1, code, detail })) };
}

/** The header, and a row for each product. */
export async function* pictureRows(products: PictureProduct[]): AsyncGenerator<TableRow> {
  let most = 0;
  for (const { paths } of products) most = Math.max(most, paths.length); // a call cannot have 200,000 arguments
  most = Math.min(MAX_PICTURES, most);
  yield { line: 1, cells: ['SKU', ...Array.from({ length: most }, (_, i) => `Image ${i + 1}`)] };
  for (const [i, { sku, paths }] of products.entries())
    yield { line: i + 2, cells: [sku, ...paths.slice(0, most).map(asOneSlot)] };
}

/** A path as a cell with one slot: characters that would divide it, or make it an address, are encoded. */
function asOneSlot(path: string): string {
  return path.replaceAll(/[%:,;|，；、｜،"'<>&\s]/gu, (mark) =>
    mark === ' ' ? mark : encodeURIComponent(mark),
  );
}
