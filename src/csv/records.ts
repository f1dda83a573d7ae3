/**
 * The records of a CSV (RFC 4180), and the deviations that users write; scan.ts describes the cells. Empty lines are
 * skipped, and so are Excel's rows without any content (`,,,`). A record that holds `\"` is read both ways that
 * programs mean it: as a backslash at the end of a cell, and as a quotation mark inside of one (PHP's fputcsv,
 * MySQL). The number of columns decides between them.
 */
import { invalidFile } from './invalid-file.ts';
import { scanRecord } from './scan.ts';
import { lineEnds } from './scan-cells.ts';
import type { AbandonRule, Scanned } from './scanned.ts';
import { type ScanInput, type Syntax, syntaxOf } from './syntax.ts';

/** A record as it stands in the file. `line` is the physical line where it begins, from 1. */
export type TableRow = {
  line: number;
  cells: string[];
  /** which cells stood in quotation marks, by index; only if requested, and if there is one */
  quoted?: number[];
  /** what cells of a workbook hold beside their text */
  beside?: BesideCell[];
};

/**
 * What a cell of a workbook holds beside its text, at a column from 0: the target of its link; the part of the
 * workbook (`xl/media/image1.png`) that is a picture in it; or a formula of which the file lacks the value, or the
 * address that it shows.
 */
export type BesideCell = { column: number } & (
  | { link: string }
  | { part: string }
  | { lacks: 'value' | 'address' }
);

/** The text of a cell without white space around it; '' where the row has no such cell. */
export function trimmedCell({ cells }: TableRow, column: number | undefined): string {
  return column === undefined ? '' : (cells[column] ?? '').trim();
}

/** Whether a cell holds a link, a picture or a formula beside its text. */
export function hasBeside({ beside }: TableRow, column: number): boolean {
  return beside !== undefined && beside.some((each) => each.column === column);
}

/** How many line ends the cells of a record hold. */
export function lineEndsIn(cells: string[]): number {
  return cells.reduce((sum, cell) => sum + lineEnds(cell), 0);
}

const MAX_RECORD_CHARACTERS = 2 ** 20; // bounds the memory of an unclosed quotation mark; failed.csv reads 100 rows at a time

/**
 * Reads records while their text arrives.
 * @param start the delimiter, and the physical line of the first character; `isPartial`: more of the file follows, so
 * a last record without its line end is cut, and is left out
 * @throws Problem `csv_invalid`: `quote_not_closed`, `stray_quote`, `row_too_long`
 */
export async function* readRecords(
  chunks: AsyncIterable<string>,
  start: { delimiter: string; line: number; withQuotes?: boolean; isPartial?: boolean },
): AsyncGenerator<TableRow> {
  const syntax = syntaxOf(start.delimiter);
  const { line, withQuotes = false, isPartial = false } = start;
  const reader: Reader = { syntax, line, withQuotes, widths: new Set(), next: 0, scanBudget: SCAN_BUDGET };
  const iterator = chunks[Symbol.asyncIterator]();
  let text = '';
  let enough = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    text += next.value;
    if (text.length < enough) continue;
    const isFull = text.length > MAX_RECORD_CHARACTERS;
    for (const row of recordsIn({ text, isEnd: false, isFull }, reader)) yield row; // yield* takes twice as long
    text = text.slice(reader.next);
    enough = 2 * text.length; // scanning again for each chunk would take quadratic time
    if (text.length > MAX_RECORD_CHARACTERS) throw await tooLong(text, iterator, reader);
  }
  for (const row of recordsIn({ text, isEnd: !isPartial, isFull: true }, reader)) yield row;
  text = text.slice(reader.next);
  if (text.length > MAX_RECORD_CHARACTERS) throw await tooLong(text, iterator, reader);
}

type Reader = {
  syntax: Syntax;
  /** physical, of the next record */
  line: number;
  withQuotes: boolean;
  /** how many cells the first records have, in the header and above it */
  widths: Set<number>;
  /** offset of the next record in the text */
  next: number;
  /** how many characters past the ends of records may still be scanned only to find that no backslash escapes */
  scanBudget: number;
};

const SCAN_BUDGET = 2 ** 20;
const SCAN_BUDGET_PER_CHARACTER = 8;

const LINES_ABOVE_ROWS = 4;

/** `isFull`: it is not worth waiting for more text only to see how a backslash is meant. */
type BufferedText = Omit<ScanInput, 'from'> & { isFull: boolean };

/** The records that have arrived. */
function* recordsIn(piece: BufferedText, reader: Reader): Generator<TableRow> {
  reader.next = 0;
  while (reader.next < piece.text.length) {
    const record = recordAt({ ...piece, from: reader.next }, reader);
    if (!record) return;
    const { line } = reader;
    reader.line += record.lines;
    reader.scanBudget += SCAN_BUDGET_PER_CHARACTER * (record.next - reader.next);
    reader.next = record.next;
    if (record.cells.every(isBlank)) continue;
    if (line <= LINES_ABOVE_ROWS && record.strayLine === undefined) reader.widths.add(record.cells.length);
    const { cells, quoted } = record;
    yield reader.withQuotes && quoted.length > 0 ? { line, cells, quoted } : { line, cells };
  }
}

function isBlank(cell: string): boolean {
  return cell === '' || cell.trim() === '';
}

/** The record that begins at `input.from`; undefined if its end has not arrived yet, or if it is too long. */
function recordAt(input: BufferedText & ScanInput, reader: Reader): Scanned | undefined {
  const { syntax, line, widths } = reader;
  const begun = scanRecord(input, syntax, false, isFar);
  const shorter = begun.isAbandoned ? shorterEscaped(input, reader) : undefined;
  if (shorter) return shorter;
  const plain = begun.isAbandoned ? scanRecord(input, syntax, false) : begun;
  const escaped = mayBeEscaped(plain, reader) ? scanEscaped(input, plain, reader) : undefined;
  if (escaped?.is === 'open' && !escaped.isAbandoned && plain.isStrayEscaped && !input.isFull)
    return undefined;
  const record = escaped && isBetter(escaped, plain, widths) ? escaped : plain;
  if (record.is === 'open') {
    if (input.isEnd) throw notClosed(line + record.quoteLine);
    return undefined;
  }
  if (record.next - input.from > MAX_RECORD_CHARACTERS) return undefined;
  const { strayLine } = record;
  if (strayLine !== undefined && (record.isOverLines || (record.isShifted && !fits(record, widths))))
    throw strayQuote(line + strayLine);
  return record;
}

const NEAR_CHARACTERS = 256;

const isFar: AbandonRule = (quote, _cells, _hasStray, from) => quote > from + NEAR_CHARACTERS;

/**
 * The escaped record, if it is sound and ends before the plain one. The end of the plain one is not searched for:
 * where each row holds `"27\""`, it is the end of the file.
 */
function shorterEscaped(input: ScanInput, reader: Reader): Scanned | undefined {
  const { syntax, widths } = reader;
  if (reader.scanBudget < 0) return undefined;
  const widest = widestOf(widths);
  const escaped = scanRecord(input, syntax, true, (_, cells, hasStray) => hasStray || cells >= widest);
  const plain = isSound(escaped, widths)
    ? scanRecord(input, syntax, false, (quote) => quote >= escaped.next)
    : undefined;
  if (plain?.isAbandoned) return escaped;
  reader.scanBudget -= escaped.reached - input.from;
  return undefined;
}

/** Scans a record with escapes, as long as it can still be better than the plain one. */
function scanEscaped(input: ScanInput, plain: Scanned, reader: Reader): Scanned {
  const { syntax, widths } = reader;
  const widest = widestOf(widths);
  const cannotBeBetter: AbandonRule = (quote, cells, hasStray) => {
    const isUnsound = hasStray || cells >= widest;
    return plain.is === 'open' ? isUnsound : quote >= plain.next && (isUnsound || !plain.isStrayEscaped);
  };
  const escaped = scanRecord(input, syntax, true, cannotBeBetter);
  if (!isBetter(escaped, plain, widths)) reader.scanBudget -= Math.max(0, escaped.reached - plain.next);
  return escaped;
}

type Widths = ReadonlySet<number>;

/** A record with more cells than this fits no width. */
function widestOf(widths: Widths): number {
  return widths.size === 0 ? Infinity : Math.max(...widths);
}

function fits({ cells }: Scanned, widths: Widths): boolean {
  return widths.size === 0 || widths.has(cells.length);
}

/** A record on one line with the right number of cells and no stray quotation mark is read as it is. */
function mayBeEscaped(plain: Scanned, { widths, scanBudget }: Reader): boolean {
  return plain.hasEscapes && scanBudget >= 0 && !(isSound(plain, widths) && plain.lines === 1);
}

function isSound(record: Scanned, widths: Widths): boolean {
  return record.is === 'whole' && record.strayLine === undefined && fits(record, widths);
}

/** Whether backslashes are meant to escape. The decision never depends on text that may not have arrived. */
function isBetter(escaped: Scanned, plain: Scanned, widths: Widths): boolean {
  if (escaped.is === 'open') return false;
  const isShorter = plain.is === 'open' || escaped.next < plain.next;
  if (isShorter) return isSound(escaped, widths);
  if (isSound(plain, widths)) return false;
  if (escaped.next > plain.next) return plain.isStrayEscaped && isSound(escaped, widths);
  if (fits(escaped, widths) !== fits(plain, widths)) return fits(escaped, widths);
  return plain.strayLine !== undefined && escaped.strayLine === undefined;
}

function notClosed(line: number): Error {
  const detail = 'The quotation mark that opens a cell on this line is never closed.';
  return invalidFile('quote_not_closed', detail, line);
}

/** An inch mark looks like a forgotten quotation mark, until the number of cells is wrong or a cell spans lines. */
function strayQuote(line: number): Error {
  const detail =
    'The end of the cell with a quotation mark on this line is ambiguous: a mark in it neither closes it nor is doubled. Write a mark inside of a cell twice ("").';
  return invalidFile('stray_quote', detail, line);
}

const MAX_SEARCHED = 16 * MAX_RECORD_CHARACTERS;

/**
 * The error for the record at the beginning of a text, which is too long: about its quotation mark, if that is never
 * closed. It must not depend on how much has arrived.
 */
async function tooLong(text: string, rest: AsyncIterator<string>, { syntax, line }: Reader): Promise<Error> {
  const allowed = text.slice(0, MAX_RECORD_CHARACTERS);
  const record = scanRecord({ text: allowed, from: 0, isEnd: false }, syntax, false);
  const isQuoted = record.is === 'open' && record.isQuoted;
  const behind = following(text.slice(MAX_RECORD_CHARACTERS), rest);
  if (isQuoted && !(await isClosedIn(behind, syntax))) return notClosed(line + record.quoteLine);
  const detail = `The row that begins here has more than ${MAX_RECORD_CHARACTERS / 2 ** 20} million characters.`;
  return invalidFile(
    'row_too_long',
    isQuoted ? `${detail} Check for a missing quotation mark.` : detail,
    line,
  );
}

async function* following(text: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield text;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function isClosedIn(rest: AsyncIterator<string>, { closed }: Syntax): Promise<boolean> {
  let before = '';
  let seen = 0;
  while (seen < MAX_SEARCHED) {
    const { value, done } = await rest.next();
    if (done) return before.endsWith('"');
    if (closed.test(before + value)) return true;
    before = (before + value).slice(-2);
    seen += value.length;
  }
  return false;
}
