import type { Flaw } from '../errors.ts';
import type { SlotColumns } from '../csv/cells/slots.ts';
import type { Columns } from '../csv/header/columns.ts';
import { holdsAddress } from '../csv/header/image-cells.ts';
import { type BesideCell, type TableRow, trimmedCell } from '../csv/records.ts';
import { lettersOf } from '../workbook/references.ts';
import { flawAt } from './row-flaws.ts';

/** Formulas of a workbook that cannot be read, in columns that have a role: no formula is evaluated. */
export function formulaWarnings(row: TableRow, columns: Columns & SlotColumns): Flaw[] {
  if (!row.beside?.some((each) => 'lacks' in each)) return [];
  const roles = rolesOf(columns);
  return row.beside.flatMap((each) => {
    const { column } = each;
    const code = roles.has(column) ? codeOf(each, trimmedCell(row, column), columns) : undefined;
    if (code === undefined) return [];
    return [flawAt(row, column, code, SENTENCES[code](`${lettersOf(column)}${row.line}`))];
  });
}

/**
 * Whether all that a row holds are formulas without a value and pictures in columns that have no role: it was filled
 * down too far, or has the logo of the shop.
 */
export function isWithoutContent({ cells, beside }: TableRow, columns: Columns): boolean {
  if (!beside || cells.some((cell) => cell.trim() !== '')) return false;
  const roles = rolesOf(columns);
  const { spill = Infinity } = columns;
  return beside.every(({ column }) => !roles.has(column) && column < spill);
}

function rolesOf({ images, sku, name, serial, ...others }: Columns): Set<number | undefined> {
  const { preset, width, height, quality, format } = others;
  return new Set([...images, ...sku, name, serial, preset, width, height, quality, format]);
}

type Code = keyof typeof SENTENCES;

function codeOf(each: BesideCell, text: string, { images }: SlotColumns): Code | undefined {
  if (!('lacks' in each)) return undefined;
  if (each.lacks === 'value') return text === '' ? 'formula_without_value' : undefined;
  const isImage = images.includes(each.column) && !holdsAddress(text, { allowPaths: false });
  return isImage ? 'formula_not_read' : undefined;
}

const SENTENCES = {
  formula_without_value: (cell: string) =>
    `Cell ${cell} has a formula whose value is not in the file, so it counts as empty. Open the workbook in a spreadsheet program, save it there, and upload that.`,
  formula_not_read: (cell: string) =>
    `Cell ${cell} shows an address that its formula takes from another sheet, from a row below, from an empty cell, from a long text or from another function, which is not read. Write the address itself into the cell, or into a column of its own.`,
};
