import type { Flaw } from '../errors.ts';
import { MAX_CELL_CHARACTERS } from '../csv/cells/slots.ts';
import type { Columns } from '../csv/header/columns.ts';
import { type TableRow, trimmedCell } from '../csv/records.ts';
import type { ProductRow, RowRules } from './rows.ts';

const MAX_URLS = 50; // per row
const MAX_SLOTS = 500; // per row, empty ones included
const MAX_SKU_CHARACTERS = 500; // an index has the SKU in its key

/** @param column from 0 */
export function flawAt({ line }: TableRow, column: number, code: string, detail: string): Flaw {
  return { line, column: column + 1, code, detail };
}

/** Cells that are too long, and more cells than the header has. */
export function shapeErrors(row: TableRow, { columns, header }: RowRules, images: number): Flaw[] {
  const errors: Flaw[] = [];
  for (let i = 0; i < row.cells.length; i += 1)
    if ((row.cells[i] ?? '').length > MAX_CELL_CHARACTERS) {
      const detail = `The cell has more than ${MAX_CELL_CHARACTERS} characters.`;
      errors.push(flawAt(row, i, 'field_too_long', detail));
    }
  if (row.cells.length <= header.length || columns.spill !== undefined) return errors;
  const hasMore = row.cells.slice(header.length).some((text) => text.trim() !== '');
  if (hasMore || (images === 0 && strayAddress(row, columns) !== undefined)) {
    const detail = `The row has ${row.cells.length} cells and the header ${header.length}. Put a cell that holds commas into quotation marks.`;
    errors.push(flawAt(row, header.length, 'too_many_cells', detail));
  }
  return errors;
}

/** The column of an address outside of the image columns. */
function strayAddress({ cells }: TableRow, columns: Columns): number | undefined {
  const found = cells.findIndex((text, i) => !columns.images.includes(i) && /^\s*https?:\/\//i.test(text));
  return found < 0 ? undefined : found;
}

export function countErrors(
  row: TableRow,
  { images, slots }: { images: number; slots: number },
  columns: Columns,
): Flaw[] {
  if (images <= MAX_URLS && slots <= MAX_SLOTS) return [];
  const detail =
    images > MAX_URLS
      ? `The row has ${images} URLs; at most ${MAX_URLS} are allowed.`
      : `The row has ${slots} slots for URLs; at most ${MAX_SLOTS} are allowed, empty ones included.`;
  return [flawAt(row, columns.images[0] ?? 0, 'too_many_urls', detail)];
}

export function skuErrors(row: TableRow, sku: string | undefined, columns: Columns): Flaw[] {
  if (sku === undefined || sku.length <= MAX_SKU_CHARACTERS) return [];
  const detail = `The SKU has more than ${MAX_SKU_CHARACTERS} characters.`;
  return [flawAt(row, columnOfSku(row, sku, columns), 'sku_too_long', detail)];
}

function columnOfSku(row: TableRow, sku: string, columns: Columns): number {
  return columns.sku.find((column) => trimmedCell(row, column) === sku) ?? 0;
}

const SCIENTIFIC = /^\d(?:[.,]\d+)?E\+\d+$/i;

export function warningsOf(row: TableRow, product: ProductRow, rules: RowRules): Flaw[] {
  const { name, sku, images } = product;
  const { columns } = rules;
  const warnings: Flaw[] = [];
  if (columns.name !== undefined && name === '' && !isContinued(product, rules))
    warnings.push(flawAt(row, columns.name, 'no_name', 'The product has no name.'));
  if (images.length === 0) {
    const detail = `The product has no image.${shiftHint(row, rules)}`;
    warnings.push(flawAt(row, columns.images[0] ?? 0, 'no_images', detail));
  }
  if (sku !== undefined && SCIENTIFIC.test(sku)) {
    const detail = `The SKU "${sku}" looks like a number that a spreadsheet has rounded: format the column as text.`;
    warnings.push(flawAt(row, columnOfSku(row, sku, columns), 'sku_rounded', detail));
  }
  return warnings;
}

/** Shopify gives the title in the first row of a handle only. */
function isContinued({ sku }: ProductRow, { header }: RowRules): boolean {
  return sku !== undefined && header.some((text) => /^\s*(url )?handle\s*$/i.test(text));
}

/** A quotation mark that is missing joins cells, so that the row has too few. */
function shiftHint(row: TableRow, { columns, header }: RowRules): string {
  if (row.cells.length >= header.length) return '';
  const found = row.cells.findIndex((text, i) => !columns.images.includes(i) && /https?:\/\//i.test(text));
  if (found < 0) return '';
  return ` The row has ${row.cells.length} cells and the header ${header.length}, and column ${found + 1} holds a URL: check for a missing quotation mark.`;
}
