import type { Flaw } from '../errors.ts';
import { readChoice, type RowChoice } from './choice.ts';
import type { Columns } from './header.ts';
import { slotsOfRow } from './slots.ts';
import type { TableRow } from './table.ts';

/** A product as it is in a row. Positions are ordinals in the row, from 1, empty slots included. */
export type ProductRow = {
  line: number;
  cells: string[];
  name: string;
  /** what names its files: SKU, else serial, else nothing */
  label: string | undefined;
  images: { position: number; url: string; host: string }[];
  choice: RowChoice;
};

export type RowRules = {
  columns: Columns;
  headerLength: number;
  /** Whether a slot without a scheme is the path of a file: `minilab process` only. */
  allowPaths: boolean;
  /** names that the column Preset may hold */
  presets: ReadonlySet<string>;
};

export type CheckedRow = { product: ProductRow; errors: Flaw[]; warnings: Flaw[] };

const MAX_FIELD_CHARACTERS = 64 * 1024;
const MAX_URLS = 50;
const MAX_URL_CHARACTERS = 2_000;

/** Reads a row and says everything that is wrong with it (errors) or odd (warnings). */
export function checkRow(row: TableRow, rules: RowRules): CheckedRow {
  const { columns } = rules;
  const [imageColumn = 0] = columns.images;
  const errors: Flaw[] = [];
  const warnings: Flaw[] = [];
  const cell = (index: number | undefined): string =>
    index === undefined ? '' : (row.cells[index] ?? '').trim();
  const flaw = (column: number, code: string, detail: string): Flaw => ({
    line: row.line,
    column: column + 1,
    code,
    detail,
  });

  for (const [i, text] of row.cells.entries())
    if (text.length > MAX_FIELD_CHARACTERS)
      errors.push(flaw(i, 'field_too_long', `The cell has more than ${MAX_FIELD_CHARACTERS} characters.`));
  if (columns.spill === undefined && row.cells.slice(rules.headerLength).some((text) => text.trim() !== ''))
    errors.push(
      flaw(
        rules.headerLength,
        'too_many_cells',
        `The row has ${row.cells.length} cells and the header ${rules.headerLength}. Put a cell that holds commas into quotation marks.`,
      ),
    );

  const { choice, flaws } = readChoice(row, columns, rules.presets);
  errors.push(...flaws);

  const { slots } = slotsOfRow(row.cells, columns);
  const images: ProductRow['images'] = [];
  for (const [i, slot] of slots.entries()) {
    const url = slot.trim();
    if (url === '') continue;
    const read = readUrl(url, rules.allowPaths);
    if ('why' in read)
      errors.push(flaw(imageColumn, 'invalid_url', `"${shortened(url)}" is not an image URL: ${read.why}.`));
    else images.push({ position: i + 1, url, host: read.host });
  }
  if (images.length > MAX_URLS)
    errors.push(
      flaw(imageColumn, 'too_many_urls', `The row has ${images.length} URLs; at most ${MAX_URLS} are taken.`),
    );

  const name = cell(columns.name);
  if (columns.name !== undefined && name === '')
    warnings.push(flaw(columns.name, 'no_name', 'The product has no name.'));
  if (slots.every((slot) => slot.trim() === ''))
    warnings.push(flaw(imageColumn, 'no_images', 'The product has no image.'));
  const label = cell(columns.sku) || cell(columns.serial).replace(/\.$/, '') || undefined;
  return { product: { line: row.line, cells: row.cells, name, label, images, choice }, errors, warnings };
}

function readUrl(text: string, allowPaths: boolean): { host: string } | { why: string } {
  if (text.length > MAX_URL_CHARACTERS) return { why: `it has more than ${MAX_URL_CHARACTERS} characters` };
  if (allowPaths && !/^[a-z][a-z0-9+.-]*:/i.test(text)) return { host: '' };
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return { why: 'it does not begin with http:// or https://' };
  if (url.username || url.password) return { why: 'it holds a user name or a password' };
  return { host: url.host };
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
