import type { Flaw } from '../errors.ts';
import { readRowOptions, type RowOptions } from './row-options.ts';
import type { Columns } from '../csv/header/columns.ts';
import { MAX_URL_CHARACTERS, readAddress } from '../csv/cells/address.ts';
import { type CellSlots, MAX_CELL_CHARACTERS, type SlotColumns, slotsOfCells } from '../csv/cells/slots.ts';
import type { TableRow } from '../csv/records.ts';

/** A product as it is in a row. */
export type ProductRow = {
  line: number;
  /** as they stand in the file */
  cells: string[];
  /** which of them stood in quotes */
  quoted?: number[] | undefined;
  name: string;
  /** SKU, else handle, else id */
  sku: string | undefined;
  serial: string | undefined;
  images: RowImage[];
  choice: RowOptions;
};

/** A slot that is not empty. Positions are ordinals in the row, from 1, empty slots included. */
export type RowImage = { position: number; url: string; host: string; flaw?: Flaw };

export type RowRules = {
  columns: Columns & SlotColumns;
  header: string[];
  /** Whether a slot without a scheme is the path of a file: `minilab process` only. */
  allowPaths: boolean;
  /** names that the column Preset may hold */
  presets: ReadonlySet<string>;
};

export type CheckedRow = { product: ProductRow; errors: Flaw[]; warnings: Flaw[] };

const MAX_URLS = 50;
const MAX_SLOTS = 500; // empty ones too
const MAX_SKU_CHARACTERS = 500; // it is an index's key

/** Reads a row and says everything that is wrong with it (errors) or odd (warnings). */
export function checkRow(row: TableRow, rules: RowRules): CheckedRow {
  const { columns } = rules;
  const { choice, flaws } = readRowOptions(row, columns, rules.presets);
  const { images, slots, oddities } = readImages(row, rules);
  const first = (candidates: number[]): string | undefined =>
    candidates.map((column) => cellAt(row, column)).find((text) => text !== '');
  const product: ProductRow = {
    line: row.line,
    cells: row.cells,
    name: cellAt(row, columns.name),
    sku: first(columns.sku),
    serial: cellAt(row, columns.serial).replace(/\.$/, '') || undefined,
    images,
    choice,
  };
  const errors = [
    ...shapeErrors(row, rules, images),
    ...flaws,
    ...images.flatMap(({ flaw }) => flaw ?? []),
    ...countErrors(row, { images: images.length, slots }, columns),
    ...skuErrors(row, product, columns),
  ];
  return { product, errors, warnings: [...oddities, ...warningsOf(row, product, rules)] };
}

function cellAt({ cells }: TableRow, column: number | undefined): string {
  return column === undefined ? '' : (cells[column] ?? '').trim();
}

function flawAt({ line }: TableRow, column: number, code: string, detail: string): Flaw {
  return { line, column: column + 1, code, detail };
}

function shapeErrors(row: TableRow, { columns, header }: RowRules, images: RowImage[]): Flaw[] {
  const errors: Flaw[] = [];
  for (const [i, text] of row.cells.entries())
    if (text.length > MAX_CELL_CHARACTERS)
      errors.push(
        flawAt(row, i, 'field_too_long', `The cell has more than ${MAX_CELL_CHARACTERS} characters.`),
      );
  const isWider = row.cells.length > header.length && columns.spill === undefined;
  const hasMore = row.cells.slice(header.length).some((text) => text.trim() !== '');
  if (isWider && (hasMore || (images.length === 0 && strayAddress(row, columns) !== undefined)))
    errors.push(
      flawAt(
        row,
        header.length,
        'too_many_cells',
        `The row has ${row.cells.length} cells and the header ${header.length}. Put a cell that holds commas into quotation marks.`,
      ),
    );
  return errors;
}

/** The column of a cell that is an address, and of which no image is made. */
function strayAddress({ cells }: TableRow, columns: Columns): number | undefined {
  const found = cells.findIndex((text, i) => !columns.images.includes(i) && /^\s*https?:\/\//i.test(text));
  return found < 0 ? undefined : found;
}

const WORDS = /[\p{L}\p{N}]/u;

type RowImages = { images: RowImage[]; slots: number; oddities: Flaw[] };

function readImages(row: TableRow, { columns, allowPaths }: RowRules): RowImages {
  const images: RowImage[] = [];
  const oddities: Flaw[] = [];
  let position = 0;
  for (const cell of slotsOfCells(row.cells, columns)) {
    const odd = (code: string, detail: string): unknown =>
      oddities.push(flawAt(row, cell.column, code, detail));
    for (const slot of cell.slots) {
      position += 1;
      if (slot === '') continue;
      const read = readAddress(slot, allowPaths);
      if ('url' in read) {
        images.push({ position, ...read });
        if (read.url !== slot)
          odd('url_rewritten', `"${shortened(slot)}" is read as ${shortened(read.url)}.`);
      } else if ('none' in read)
        odd('placeholder', `"${slot}" is no address; the place is taken for an empty one.`);
      else {
        const detail = `"${shortened(slot)}" is not an image URL: ${read.why}.`;
        const flaw = flawAt(row, cell.column, 'invalid_url', detail);
        images.push({ position, url: slot.slice(0, MAX_URL_CHARACTERS), host: '', flaw });
      }
    }
    const text = besides(cell);
    if (text !== '')
      odd('text_beside_url', `What stands beside the addresses is not read: ${shortened(text)}`);
  }
  return { images, slots: position, oddities };
}

/** The words that stand beside the addresses of a cell. */
function besides({ before, separators, after }: CellSlots): string {
  if (!WORDS.test(before + separators.join('') + after)) return '';
  const texts = [before, ...separators, after].map((text) => text.trim());
  return texts.filter((text) => WORDS.test(text)).join(' … ');
}

function countErrors(
  row: TableRow,
  { images, slots }: { images: number; slots: number },
  columns: Columns,
): Flaw[] {
  if (images <= MAX_URLS && slots <= MAX_SLOTS) return [];
  const detail =
    images > MAX_URLS
      ? `The row has ${images} URLs; at most ${MAX_URLS} are taken.`
      : `The row has places for ${slots} URLs; at most ${MAX_SLOTS} are taken, empty ones too.`;
  return [flawAt(row, columns.images[0] ?? 0, 'too_many_urls', detail)];
}

function skuErrors(row: TableRow, { sku = '' }: ProductRow, columns: Columns): Flaw[] {
  if (sku.length <= MAX_SKU_CHARACTERS) return [];
  const column = columns.sku.find((candidate) => cellAt(row, candidate) === sku) ?? 0;
  return [flawAt(row, column, 'sku_too_long', `The SKU has more than ${MAX_SKU_CHARACTERS} characters.`)];
}

function warningsOf(row: TableRow, { name, sku, images }: ProductRow, { columns, header }: RowRules): Flaw[] {
  const warnings: Flaw[] = [];
  // Shopify gives the title in the first row of a handle only.
  const isContinued = sku !== undefined && header.some((text) => /^\s*(url )?handle\s*$/i.test(text));
  if (columns.name !== undefined && name === '' && !isContinued)
    warnings.push(flawAt(row, columns.name, 'no_name', 'The product has no name.'));
  if (images.length === 0)
    warnings.push(
      flawAt(
        row,
        columns.images[0] ?? 0,
        'no_images',
        `The product has no image.${hintOf(row, { columns, header })}`,
      ),
    );
  if (sku !== undefined && SCIENTIFIC.test(sku))
    warnings.push(
      flawAt(
        row,
        columns.sku.find((column) => cellAt(row, column) === sku) ?? 0,
        'sku_rounded',
        `The SKU "${sku}" looks like a number that a spreadsheet has rounded: format the column as text.`,
      ),
    );
  return warnings;
}

/** A row with too few cells may have lost its columns to a quotation mark. */
function hintOf(row: TableRow, { columns, header }: Pick<RowRules, 'columns' | 'header'>): string {
  const isShort = row.cells.length < header.length;
  const found = isShort
    ? row.cells.findIndex((text, i) => !columns.images.includes(i) && /https?:\/\//i.test(text))
    : -1;
  if (found < 0) return '';
  return ` The row has ${row.cells.length} cells and the header ${header.length}, and an address stands in column ${found + 1}: look whether a quotation mark is missing there.`;
}

const SCIENTIFIC = /^\d(?:[.,]\d+)?E\+\d+$/i;

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
