/** Proposes what to do about a header without an image column. Every proposed mapping is tried first. */
import type { Flaw } from '../../errors.ts';
import type { ColumnMapping } from './columns.ts';
import { listed, readHeader } from './header.ts';
import { type AddressRules, holdsAddress, holdsImages } from './image-cells.ts';
import type { TableRow } from '../records.ts';

/**
 * The error for a file without an image column, with a proposal.
 * @param records the first ones of the file
 * @param header the record that was taken for the header
 */
export function noImageColumn(records: TableRow[], header: TableRow, rules: AddressRules): Flaw {
  const isImages = ({ cells }: TableRow): boolean => cells.some((cell) => holdsImages(cell, '', rules));
  const isAddress = ({ cells }: TableRow): boolean => cells.some((cell) => holdsAddress(cell, rules));
  const first = records.findIndex(records.some(isImages) ? isImages : isAddress);
  return {
    line: header.line,
    code: 'no_image_column',
    detail: `No column of image URLs was found. ${first < 0 ? byNames(header) : byCells(records, first, header, rules)}`,
  };
}

/** The columns that seem to hold images, where no name says it: by their first cells, else by words in their names. */
export function guessedImageColumns(header: TableRow, rows: TableRow[], rules: AddressRules): number[] {
  const byCells = imagesIn(rows, header.cells, rules);
  return byCells.length > 0 ? byCells : likelyNames(header.cells);
}

function imagesIn(rows: TableRow[], names: string[], rules: AddressRules): number[] {
  const images = holding(rows, (cell, i) => holdsImages(cell, names[i] ?? '', rules));
  return images.length > 0 ? images : holding(rows, (cell) => holdsAddress(cell, rules));
}

function likelyNames(names: string[]): number[] {
  return [...names.keys()].filter((i) =>
    /image|img|photo|foto|pic|bild|media|url|link/i.test(names[i] ?? ''),
  );
}

/** If no cell holds an address, the name of a column may still say what it is for. */
function byNames({ cells: names, line }: TableRow): string {
  const found = likelyNames(names);
  const mapping = mappingOf(names, found, line);
  return mapping
    ? sendAgain([`columns=${JSON.stringify(mapping)}`], 'that column')
    : `Name one of the columns "Input Image Urls"; this file has ${listed(names)}.`;
}

/** @param first the first record that holds addresses */
function byCells(records: TableRow[], first: number, taken: TableRow, rules: AddressRules): string {
  const rows = records.slice(first);
  const header = headerAbove(
    records.slice(0, first),
    holding(rows, (cell) => holdsAddress(cell, rules)),
  );
  if (!header)
    return 'The first line looks like data: put a header line such as "S. No.,Product Name,Input Image Urls" above it.';
  const { line, cells: names } = header;
  const found = imagesIn(rows, names, rules);
  const isElsewhere = line !== taken.line;
  const headerLine = isElsewhere ? [`header_line=${line}`] : [];
  const seems = isElsewhere ? `The header seems to be line ${line}. ` : '';
  const mapping = mappingOf(names, found, line);
  if (mapping) {
    const what = found.length === 1 ? 'that column' : 'one of these columns';
    return `${seems}${sendAgain([...headerLine, `columns=${JSON.stringify(mapping)}`], what)}`;
  }
  const again = isElsewhere ? `, and upload again with header_line=${line}` : '';
  return `${seems}Column ${(found[0] ?? 0) + 1} holds URLs, and its name is empty or not unique: name it "Input Image Urls"${again}.`;
}

/** The columns in which the test holds for at least one row. */
function holding(rows: TableRow[], holds: (cell: string, column: number) => boolean): number[] {
  const width = Math.max(0, ...rows.map(({ cells }) => cells.length));
  return [...Array(width).keys()].filter((i) => rows.some(({ cells }) => holds(cells[i] ?? '', i)));
}

/** The header among the lines above the first addresses: the last line that names a column of addresses. */
function headerAbove(above: TableRow[], columns: number[]): TableRow | undefined {
  const isNamed = ({ cells }: TableRow): boolean => columns.some((i) => (cells[i] ?? '').trim() !== '');
  return above.findLast(isNamed) ?? above[0];
}

function sendAgain(options: string[], what: string): string {
  return `Upload again with ${options.join(' and ')}, or name ${what} "Input Image Urls".`;
}

const LONGEST_OPTION = 4_000; // see `columns` in option-schemas.ts

/** A mapping with which exactly these columns are read as image columns; undefined if there is none. */
function mappingOf(names: string[], columns: number[], line: number): ColumnMapping | undefined {
  const images = [...new Set(columns.map((i) => names[i]?.trim() ?? ''))];
  if (images.length === 0 || images.includes('')) return undefined;
  const mapping = { images: images.length === 1 ? (images[0] ?? '') : images };
  const read = readHeader(names, line, mapping);
  const isRead = read.errors.length === 0 && columns.every((i) => read.columns?.images.includes(i));
  const isExact = read.columns?.images.length === columns.length;
  return isRead && isExact && JSON.stringify(mapping).length <= LONGEST_OPTION ? mapping : undefined;
}
