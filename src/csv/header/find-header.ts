/**
 * Where the table begins. Most files begin with their header, but templates of marketplaces and reports have
 * lines above it, and descriptions of the columns below it. If the first line can be the header, it is, except
 * where a second line names the same columns (Amazon: labels, then names).
 */
import type { Flaw } from '../../errors.ts';
import { unescapeFormula } from '../formulas.ts';
import { invalidFile } from '../invalid-file.ts';
import { hasBeside, type TableRow } from '../records.ts';
import type { ColumnMapping } from './columns.ts';
import { descriptionsBelow, isAddress } from './descriptions.ts';
import { type Header, readHeader } from './header.ts';
import { holdsImages } from './image-cells.ts';

export type FoundHeader = {
  header: Header;
  /** the header as it stands in the file */
  record: TableRow;
  /** the first products; more may follow in the file */
  products: TableRow[];
  /** about lines that are neither the header nor products */
  warnings: Flaw[];
};

/** `headerLine`: the physical line of the header, where the user names it. */
export type HeaderRules = { mapping?: ColumnMapping | undefined; headerLine?: number | undefined };

const MAX_LINES_ABOVE = 20;
const MAX_ROWS_BELOW = 4;

/**
 * Finds the header among the first records of a file.
 * @param records at least one
 * @throws Problem `csv_invalid`: `no_such_line`
 */
export function findHeader(records: TableRow[], { mapping, headerLine }: HeaderRules): FoundHeader {
  const isNamed = headerLine !== undefined;
  const at = isNamed
    ? indexOfLine(records, headerLine)
    : lastHeader(records, firstHeader(records, mapping), mapping);
  const record = records[at] ?? { line: 1, cells: [] };
  const header = readRecord(record, mapping);
  const below = isNamed || !header.columns ? 0 : descriptionsBelow(records, at, header.columns.images);
  const products = records.slice(at + 1 + below);
  if (isNamed) return { header, record, products, warnings: [] };
  const described = records.slice(at + 1, at + 1 + below);
  return {
    header,
    record,
    products,
    warnings: [...aboveWarnings(at, record), ...belowWarnings(described, record)],
  };
}

/** The headers that were read: a record is tested as a header several times, and may be long. */
const readBefore = new WeakMap<TableRow, { mapping: ColumnMapping | undefined; header: Header }>();

function readRecord(record: TableRow, mapping: ColumnMapping | undefined): Header {
  const before = readBefore.get(record);
  if (before && before.mapping === mapping) return before.header;
  const header = readHeader(record.cells.map(unescapeFormula), record.line, mapping);
  readBefore.set(record, { mapping, header });
  return header;
}

function indexOfLine(records: TableRow[], line: number): number {
  const at = records.findIndex((record) => record.line === line);
  if (at >= 0) return at;
  const detail = `header_line is ${line}, and no row begins there in the first ${records.length} rows of the file.`;
  throw invalidFile('no_such_line', detail, line);
}

/**
 * The first record that can be the header. A record with a single cell ("Product pictures") is the header only if
 * no other record can be. If none can, it is the first record, which the error is then about.
 */
function firstHeader(records: TableRow[], mapping: ColumnMapping | undefined): number {
  let narrow: number | undefined;
  for (const [at, record] of records.slice(0, MAX_LINES_ABOVE).entries()) {
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

/** Below other lines, an image column alone does not make a header: it also needs a product name, an SKU, or URLs below it. */
function isHeaderLike(records: TableRow[], at: number, mapping: ColumnMapping | undefined): boolean {
  const cells = records[at]?.cells ?? [];
  const { columns } = readRecord(records[at] ?? { line: 1, cells }, mapping);
  if (!columns || cells.some((cell) => isAddress(cell) || /^\s*[\d.,]+\s*$/.test(cell))) return false;
  const rest = records.slice(at + 1, at + 1 + MAX_ROWS_BELOW);
  const hasUrls = rest.some((row) =>
    columns.images.some((i) => isAddress(row.cells[i]) || hasBeside(row, i)),
  );
  return hasUrls || columns.name !== undefined || columns.sku.length > 0 || columns.serial !== undefined;
}

/**
 * The last of several header lines. Amazon has one line of names for people and one for programs; reports have
 * a line of groups ("Pictures") above the names.
 */
function lastHeader(records: TableRow[], at: number, mapping: ColumnMapping | undefined): number {
  const [record, next] = [records[at], records[at + 1]];
  const columns = record && readRecord(record, mapping).columns;
  if (!columns || !next || mapping?.images !== undefined) return at;
  const again = readRecord(next, mapping).columns;
  const filled = columns.images.filter((i) => (next.cells[i] ?? '').trim() !== '');
  const isAgain = filled.length > 0 && filled.every((i) => again?.images.includes(i) && !hasBeside(next, i));
  return isAgain && isHeaderLike(records, at + 1, mapping) ? lastHeader(records, at + 1, mapping) : at;
}

function aboveWarnings(count: number, { line }: TableRow): Flaw[] {
  if (count === 0) return [];
  const lines = line === 2 ? 'line 1 above it is' : `lines 1 to ${line - 1} above it are`;
  const detail = `The header was found in line ${line}; ${lines} kept in the output. If the header is another line, upload again with header_line.`;
  return [{ line, code: 'lines_above_header', detail }];
}

function belowWarnings(described: TableRow[], header: TableRow): Flaw[] {
  return described.map(({ line, cells }) => {
    const shown = cells.find((cell) => cell.trim() !== '')?.trim() ?? '';
    const detail = `The line below the header ("${shown.slice(0, 40)}") describes the columns: it is not read as a product, and is kept in the output. If it is a product, upload again with header_line=${header.line}.`;
    return { line, code: 'lines_below_header', detail };
  });
}
