import type { Flaw } from '../errors.ts';
import { readChoice, type RowChoice } from './choice.ts';
import type { Columns } from './columns.ts';
import { MAX_CELL_CHARACTERS, slotsOfCells } from './slots.ts';
import type { TableRow } from './records.ts';

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
  choice: RowChoice;
};

/** A slot that is not empty. Positions are ordinals in the row, from 1, empty slots included. */
export type RowImage = { position: number; url: string; host: string; flaw?: Flaw };

export type RowRules = {
  columns: Columns;
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
const MAX_HOST_CHARACTERS = 260; // RFC 1035: 253 for the name; and a port
const MAX_URL_CHARACTERS = 2_000;

/** Reads a row and says everything that is wrong with it (errors) or odd (warnings). */
export function checkRow(row: TableRow, rules: RowRules): CheckedRow {
  const { columns } = rules;
  const { choice, flaws } = readChoice(row, columns, rules.presets);
  const { images, slots } = readImages(row, rules);
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
    ...shapeErrors(row, rules),
    ...flaws,
    ...images.flatMap(({ flaw }) => flaw ?? []),
    ...countErrors(row, { images: images.length, slots }, columns),
    ...skuErrors(row, product, columns),
  ];
  return { product, errors, warnings: warningsOf(row, product, rules) };
}

function cellAt({ cells }: TableRow, column: number | undefined): string {
  return column === undefined ? '' : (cells[column] ?? '').trim();
}

function flawAt({ line }: TableRow, column: number, code: string, detail: string): Flaw {
  return { line, column: column + 1, code, detail };
}

function shapeErrors(row: TableRow, { columns, header }: RowRules): Flaw[] {
  const errors: Flaw[] = [];
  for (const [i, text] of row.cells.entries())
    if (text.length > MAX_CELL_CHARACTERS)
      errors.push(
        flawAt(row, i, 'field_too_long', `The cell has more than ${MAX_CELL_CHARACTERS} characters.`),
      );
  const isWider = row.cells.length > header.length && columns.spill === undefined;
  if (isWider && row.cells.slice(header.length).some((text) => text.trim() !== ''))
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

function readImages(row: TableRow, { columns, allowPaths }: RowRules): { images: RowImage[]; slots: number } {
  const images: RowImage[] = [];
  let position = 0;
  for (const { column, slots } of slotsOfCells(row.cells, columns))
    for (const slot of slots) {
      position += 1;
      const url = slot.trim();
      if (url === '') continue;
      const read = readUrl(url, allowPaths);
      if ('host' in read) images.push({ position, url, host: read.host });
      else {
        const flaw = flawAt(
          row,
          column,
          'invalid_url',
          `"${shortened(url)}" is not an image URL: ${read.why}.`,
        );
        images.push({ position, url: url.slice(0, MAX_URL_CHARACTERS), host: '', flaw });
      }
    }
  return { images, slots: position };
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
    warnings.push(flawAt(row, columns.images[0] ?? 0, 'no_images', 'The product has no image.'));
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

const SCIENTIFIC = /^\d(?:[.,]\d+)?E\+\d+$/i;

function readUrl(text: string, allowPaths: boolean): { host: string } | { why: string } {
  if (text.length > MAX_URL_CHARACTERS) return { why: `it has more than ${MAX_URL_CHARACTERS} characters` };
  if (allowPaths && !/^[a-z][a-z0-9+.-]*:/i.test(text)) return { host: '' };
  const url = URL.parse(text);
  if (!url && /^https?:/i.test(text)) return { why: 'it cannot be read as an address' };
  if (!url || !/^https?:$/.test(url.protocol)) return { why: 'it does not begin with http:// or https://' };
  if (url.username || url.password) return { why: 'it holds a user name or a password' };
  if (url.host.length > MAX_HOST_CHARACTERS) return { why: 'its host name is too long' };
  return { host: url.host };
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
