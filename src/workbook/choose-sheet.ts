import { findHeader, type HeaderRules } from '../csv/header/find-header.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import type { TableRow } from '../csv/records.ts';
import { Problem } from '../errors.ts';
import type { Sheet } from './workbook-part.ts';

export type SheetRules = HeaderRules & {
  /** the name of the sheet to read, or its number among those that are not hidden, from 1 */
  sheet?: string | undefined;
  /** is called with the names of all sheets before one is chosen */
  onSheets?: ((names: string[]) => void) | undefined;
};

export type ReadableSheet = Sheet & { part: string };

const MAX_TRIED = 100;

/**
 * The sheet that is asked for; otherwise the only one that has an image column and is not hidden.
 * @param firstRows the first rows of a sheet
 * @throws Problem `csv_invalid`: `no_such_sheet`, `sheet_not_chosen`
 */
export async function chooseSheet(
  sheets: Sheet[],
  rules: SheetRules,
  firstRows: (sheet: ReadableSheet) => Promise<TableRow[]>,
): Promise<ReadableSheet> {
  rules.onSheets?.(sheets.map(({ name }) => name));
  const visible = sheets.filter(({ isHidden }) => !isHidden);
  if (rules.sheet !== undefined) return sheetNamed(rules.sheet, sheets, visible);
  const readable = visible.filter(isReadable);
  const [first, ...others] = readable;
  if (!first) throw invalidFile('no_such_sheet', 'The workbook has no sheet with cells that is not hidden.');
  if (others.length === 0) return first;
  const found: ReadableSheet[] = [];
  for (const sheet of readable.slice(0, MAX_TRIED))
    if (hasImageColumn(await firstRows(sheet), rules)) found.push(sheet);
  const [only, ...more] = found;
  if (only && more.length === 0) return only;
  throw invalidFile(
    'sheet_not_chosen',
    `The workbook has ${whichOf(found.length, readable.length)}: ${namesOf(only ? found : readable)}. Choose one with the option sheet, by its name or number.`,
  );
}

function whichOf(found: number, readable: number): string {
  if (readable > MAX_TRIED) {
    const has = found > 0 ? `${found} of the first ${MAX_TRIED} with` : `the first ${MAX_TRIED} without`;
    return `${readable} sheets, ${has} an image column`;
  }
  return found > 0 ? `${found} sheets with an image column` : 'several sheets, none with an image column';
}

function sheetNamed(wanted: string, sheets: Sheet[], visible: Sheet[]): ReadableSheet {
  const same = (name: string): boolean => name.trim().toLowerCase() === wanted.trim().toLowerCase();
  const found =
    sheets.find(({ name }) => name === wanted) ??
    sheets.find(({ name }) => same(name)) ??
    (/^\d{1,5}$/.test(wanted) ? visible[Number(wanted) - 1] : undefined);
  if (found && isReadable(found)) return found;
  const what = found ? `The sheet "${found.name}" is a chart` : `There is no sheet "${wanted}"`;
  const readable = sheets.filter(isReadable);
  const names = readable.length > 0 ? namesOf(readable) : 'no sheet with cells';
  throw invalidFile('no_such_sheet', `${what}; the workbook has ${names}.`);
}

function isReadable(sheet: Sheet): sheet is ReadableSheet {
  return sheet.part !== undefined;
}

function hasImageColumn(rows: TableRow[], rules: HeaderRules): boolean {
  if (rows.length === 0) return false;
  try {
    const { columns, errors } = findHeader(rows, rules).header;
    return columns !== undefined && errors.length === 0;
  } catch (error) {
    if (error instanceof Problem) return false; // no row at header_line
    throw error;
  }
}

/** The first ten names in quotation marks. */
function namesOf(sheets: Sheet[]): string {
  const names = sheets.slice(0, 10).map(({ name }) => `"${name.slice(0, 40)}"`);
  return names.join(', ') + (sheets.length > 10 ? ', …' : '');
}
