/**
 * Where the table begins: most files begin with their header, but templates of marketplaces and reports have
 * lines above it, and descriptions of the columns below it. A file whose first line is a header is never
 * read otherwise, but for a second line of names for the same columns (Amazon: labels, then names).
 */
import type { Flaw } from '../../errors.ts';
import type { ColumnMapping } from './columns.ts';
import { invalidFile } from '../decode.ts';
import { unescapeFormula } from '../formulas.ts';
import { type Header, readHeader } from './header.ts';
import { holdsImages } from './image-cells.ts';
import type { TableRow } from '../records.ts';

export type Head = {
  header: Header;
  /** of the header, as it stands in the file */
  record: TableRow;
  /** first products; more may follow */
  products: TableRow[];
  /** about the lines that are neither header nor products */
  warnings: Flaw[];
};

export type HeadRules = { mapping?: ColumnMapping | undefined; headerLine?: number | undefined };

const LINES_ABOVE = 20;
const LINES_BELOW = 3;

/**
 * @param records the first ones of the file, at least one
 * @throws Problem `csv_invalid`: `no_such_line`
 */
export function findHead(records: TableRow[], { mapping, headerLine }: HeadRules): Head {
  if (headerLine !== undefined) return headAt(records, lineAt(records, headerLine), 0, mapping);
  const at = lastHeader(records, firstHeader(records, mapping), mapping);
  return headAt(records, at, descriptionsBelow(records, at, mapping), mapping, true);
}

function headAt(
  records: TableRow[],
  at: number,
  below: number,
  mapping: ColumnMapping | undefined,
  isGuess = false,
): Head {
  const record = records[at] ?? { line: 1, cells: [] };
  const [above, described] = [records.slice(0, at), records.slice(at + 1, at + 1 + below)];
  return {
    header: readRecord(record, mapping),
    record,
    products: records.slice(at + 1 + below),
    warnings: isGuess ? [...aboveIt(above, record), ...belowIt(described, record)] : [],
  };
}

/** A record is looked at as a header several times, and may be long. */
const readBefore = new WeakMap<TableRow, { mapping: ColumnMapping | undefined; header: Header }>();

function readRecord(record: TableRow, mapping: ColumnMapping | undefined): Header {
  const before = readBefore.get(record);
  if (before && before.mapping === mapping) return before.header;
  const header = readHeader(record.cells.map(unescapeFormula), record.line, mapping);
  readBefore.set(record, { mapping, header });
  return header;
}

function lineAt(records: TableRow[], line: number): number {
  const at = records.findIndex((record) => record.line === line);
  if (at >= 0) return at;
  const detail = `header_line is ${line}, and no row begins there in the first ${records.length} rows of the file.`;
  throw invalidFile('no_such_line', detail, line);
}

/**
 * The first record that can be the header; one of a single cell ("Product pictures") only where no other can.
 * Where none can, it is the first one, so that the error tells of it.
 */
function firstHeader(records: TableRow[], mapping: ColumnMapping | undefined): number {
  let narrow: number | undefined;
  for (const [at, record] of records.slice(0, LINES_ABOVE).entries()) {
    if (isUsable(readRecord(record, mapping)) && (at === 0 || isHeaderLike(records, at, mapping))) {
      if (record.cells.filter((cell) => cell.trim() !== '').length > 1) return at;
      narrow ??= at;
    }
    if (record.cells.some((cell) => holdsImages(cell, '', { allowPaths: false }))) break; // that was data
  }
  return narrow ?? 0;
}

function isUsable({ columns, errors }: Header): boolean {
  return columns !== undefined && errors.length === 0;
}

/** Below other lines, names alone do not make a header: a name of the product, or URLs below it, must be there too. */
function isHeaderLike(records: TableRow[], at: number, mapping: ColumnMapping | undefined): boolean {
  const cells = records[at]?.cells ?? [];
  const { columns } = readRecord(records[at] ?? { line: 1, cells }, mapping);
  if (!columns || cells.some((cell) => isAddress(cell) || /^\s*[\d.,]+\s*$/.test(cell))) return false;
  const rest = records.slice(at + 1, at + 2 + LINES_BELOW);
  const hasUrls = rest.some((row) => columns.images.some((i) => isAddress(row.cells[i])));
  return hasUrls || columns.name !== undefined || columns.sku.length > 0 || columns.serial !== undefined;
}

/**
 * Amazon has two lines of names, those for people and those for programs, and reports a line of groups
 * ("Pictures") above the names. What counts is the last one.
 */
function lastHeader(records: TableRow[], at: number, mapping: ColumnMapping | undefined): number {
  const [record, next] = [records[at], records[at + 1]];
  const columns = record && readRecord(record, mapping).columns;
  if (!columns || !next || mapping?.images !== undefined) return at;
  const again = readRecord(next, mapping).columns;
  const filled = columns.images.filter((i) => (next.cells[i] ?? '').trim() !== '');
  const isAgain = filled.length > 0 && filled.every((i) => again?.images.includes(i));
  return isAgain && isHeaderLike(records, at + 1, mapping) ? lastHeader(records, at + 1, mapping) : at;
}

const REQUIREMENT =
  /^(?:conditionally )?(?:required|optional|preferred|desired|recommended|mandatory|conditional|pflicht(?:feld)?|erforderlich|empfohlen|optionnel|facultatif|obligatoire|recommandé|obligatorio|opcional|recomendado|obbligatorio|facoltativo|verplicht|optioneel)$/i;
const UNIT =
  /^[([]?(?:mm|cm|inch(?:es)?|px|pixels?|kg|grams?|lbs?|oz|ml|eur|usd|gbp|€|\$|£|text|string|number|integer|decimal|boolean|date|urls?)[)\]]?$/i;

/** Lines right below the header that say what is to stand in the columns. */
function descriptionsBelow(records: TableRow[], at: number, mapping: ColumnMapping | undefined): number {
  const header = records[at];
  const columns = header && readRecord(header, mapping).columns;
  if (!columns) return 0;
  const firstRow = dataRowOf(records);
  const rows = records.slice(at + 1, at + 1 + LINES_BELOW);
  const isDescription = (row: TableRow): boolean =>
    (firstRow !== undefined && sheetRow(records, row) < firstRow) || describes(row.cells, columns.images);
  const end = rows.findIndex((row) => !isDescription(row));
  return end < 0 ? rows.length : end;
}

function describes(cells: string[], images: number[]): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const ofImages = images.map((i) => (cells[i] ?? '').trim()).filter((cell) => cell !== '');
  if (filled.some(isAddress)) return false;
  if (/^#?info\b/i.test(cells[0] ?? '') && ofImages.length === 0) return true; // eBay
  if (filled.length > 0 && filled.every((cell) => REQUIREMENT.test(cell) || UNIT.test(cell))) return true;
  return ofImages.length > 0 && ofImages.every((cell) => REQUIREMENT.test(cell) || isSentence(cell));
}

/** And no path of a file. */
function isSentence(cell: string): boolean {
  return cell.split(/\s+/).length > 2 && !/[/\\]|\.\w{2,5}$/.test(cell);
}

function isAddress(cell = ''): boolean {
  return /^\s*https?:\/\//i.test(cell);
}

/** Amazon's first line tells where the data begin, as a row of the sheet: `…&labelRow=4&attributeRow=5&dataRow=7`. */
function dataRowOf([first]: TableRow[]): number | undefined {
  const text = first?.cells.join(' ') ?? '';
  const from = text.search(/\bTemplateType=/i);
  const row = from < 0 ? undefined : /\bdataRow=(\d+)/i.exec(text.slice(from))?.[1];
  return row === undefined ? undefined : Number(row);
}

/** A row of the sheet is a line of the file, but for the line ends in cells. */
function sheetRow(records: TableRow[], { line }: TableRow): number {
  const inCells = records.filter((record) => record.line < line).map(({ cells }) => lineEndsIn(cells));
  return line - inCells.reduce((sum, count) => sum + count, 0);
}

/** How many line ends the cells of a record hold. */
export function lineEndsIn(cells: string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
}

function aboveIt(above: TableRow[], { line }: TableRow): Flaw[] {
  if (above.length === 0) return [];
  const lines = line === 2 ? 'line 1 above it comes' : `lines 1 to ${line - 1} above it come`;
  const detail = `The header was found in line ${line}; ${lines} back as before. If the header is another line, upload again with header_line.`;
  return [{ line, code: 'lines_above_header', detail }];
}

function belowIt(described: TableRow[], header: TableRow): Flaw[] {
  return described.map(({ line, cells }) => {
    const shown = cells.find((cell) => cell.trim() !== '')?.trim() ?? '';
    const detail = `The line below the header ("${shown.slice(0, 40)}") describes the columns: it is not read as a product, and comes back as before. If it is a product, upload again with header_line=${header.line}.`;
    return { line, code: 'lines_below_header', detail };
  });
}
