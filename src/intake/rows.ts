import type { Flaw } from '../errors.ts';
import type { SlotColumns } from '../csv/cells/slots.ts';
import type { Columns } from '../csv/header/columns.ts';
import { type TableRow, trimmedCell } from '../csv/records.ts';
import { formulaWarnings } from './beside-flaws.ts';
import { countErrors, shapeErrors, skuErrors, warningsOf } from './row-flaws.ts';
import { readRowImages } from './row-images.ts';
import type { TablePicture, TablePictures } from '../csv/table-pictures.ts';
import { readRowOptions, type RowOptions } from './row-options.ts';

/** A row of the CSV, read as a product. */
export type ProductRow = {
  /** the physical line where the row begins, from 1 */
  line: number;
  /** as they stand in the file */
  cells: string[];
  /** which cells stood in quotation marks, by index from 0 */
  quoted?: number[] | undefined;
  name: string;
  /** the first of SKU, handle and id that is not empty */
  sku: string | undefined;
  serial: string | undefined;
  images: RowImage[];
  rowOptions: RowOptions;
};

/** A slot that is not empty. Positions count from 1 within the row, empty slots included. */
export type RowImage = {
  position: number;
  url: string;
  host: string;
  flaw?: Flaw;
  /** of an image that came with the table: its URL is a name until it is kept */
  picture?: TablePicture;
};

export type RowRules = {
  columns: Columns & SlotColumns;
  header: string[];
  /** Whether a slot without a scheme is the path of a file: `minilab process` and `check` only. */
  allowPaths: boolean;
  /** names that the column Preset may hold */
  presets: ReadonlySet<string>;
  /** those that came with the table */
  pictures?: TablePictures | undefined;
};

export type CheckedRow = { product: ProductRow; errors: Flaw[]; warnings: Flaw[] };

/** Reads a row, with everything that is wrong (errors) or odd (warnings) about it. */
export function checkRow(row: TableRow, rules: RowRules): CheckedRow {
  const { columns } = rules;
  const { rowOptions, flaws } = readRowOptions(row, columns, rules.presets);
  const { images, slots, oddities } = readRowImages(row, rules);
  const product: ProductRow = {
    line: row.line,
    cells: row.cells,
    name: trimmedCell(row, columns.name),
    sku: skuOf(row, columns),
    serial: trimmedCell(row, columns.serial).replace(/\.$/, '') || undefined,
    images,
    rowOptions,
  };
  const errors = shapeErrors(row, rules, images.length);
  errors.push(...flaws);
  for (const { flaw } of images) if (flaw) errors.push(flaw);
  errors.push(...countErrors(row, { images: images.length, slots }, columns));
  errors.push(...skuErrors(row, product.sku, columns));
  const warnings = oddities;
  warnings.push(...formulaWarnings(row, columns));
  warnings.push(...warningsOf(row, product, rules));
  return { product, errors, warnings };
}

function skuOf(row: TableRow, { sku }: Columns): string | undefined {
  for (const column of sku) {
    const text = trimmedCell(row, column);
    if (text !== '') return text;
  }
  return undefined;
}
