/**
 * The records of a CSV (RFC 4180), and the deviations that users write; scan.ts describes the cells. Empty lines are
 * skipped, and so are Excel's rows without any content (`,,,`). A record that holds `\"` is read both ways that
 * programs mean it: as a backslash at the end of a cell, and as a quotation mark inside of one (PHP's fputcsv,
 * MySQL). The number of columns decides between them.
 */
import { invalidFile } from './invalid-file.ts';
import { type Scanned, scanRecord } from './scan.ts';
import { lineEnds } from './scan-cells.ts';
import { type ScanInput, type Syntax, syntaxOf } from './syntax.ts';

/** A record as it stands in the file. `line` is the physical line where it begins, from 1. */
export type TableRow = {
  line: number;
  cells: string[];
  /** which cells stood in quotation marks, by index; only if requested, and if there is one */
  quoted?: number[];
};

/** The text of a cell without white space around it; '' where the row has no such cell. */
export function trimmedCell({ cells }: TableRow, column: number | undefined): string {
  return column === undefined ? '' : (cells[column] ?? '').trim();
}

/** How many line ends the cells of a record hold. */
export function lineEndsIn(cells: string[]): number {
  return cells.reduce((sum, cell) => sum + lineEnds(cell), 0);
}

const MAX_RECORD_CHARACTERS = 2 ** 20; // bounds the memory of an unclosed quotation mark; results read 100 rows at a time
const LONG_RECORD = 128 * 1024; // characters

/**
 * Reads records while their text arrives.
 * @param start the delimiter, and the physical line of the first character
 * @throws Problem `csv_invalid`: `quote_not_closed`, `stray_quote`, `row_too_long`
 */
export async function* readRecords(
  chunks: AsyncIterable<string>,
  start: { delimiter: string; line: number; withQuotes?: boolean },
): AsyncGenerator<TableRow> {
  const syntax = syntaxOf(start.delimiter);
  const { line, withQuotes = false } = start;
  const reader: Reader = { syntax, line, withQuotes, widths: new Set(), next: 0 };
  const iterator = chunks[Symbol.asyncIterator]();
  let text = '';
  let enough = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    text += next.value;
    if (text.length < enough) continue;
    const isFull = text.length > MAX_RECORD_CHARACTERS;
    for (const row of recordsIn({ text, isEnd: false, isFull }, reader)) yield row; // yield* takes twice as long
    text = text.slice(reader.next);
    enough = text.length > LONG_RECORD ? 2 * text.length : 0; // scanning again for each chunk would take quadratic time
    if (text.length > MAX_RECORD_CHARACTERS) throw await tooLong(text, iterator, reader);
  }
  for (const row of recordsIn({ text, isEnd: true, isFull: true }, reader)) yield row;
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
};

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

/** The record that begins at `input.from`; undefined if its end has not arrived yet. */
function recordAt(input: BufferedText & ScanInput, { syntax, line, widths }: Reader): Scanned | undefined {
  const plain = scanRecord(input, syntax, false);
  const escaped = mayBeEscaped(plain, widths) ? scanRecord(input, syntax, true) : undefined;
  if (escaped?.is === 'open' && plain.isStrayEscaped && !input.isFull) return undefined;
  const record = escaped && isBetter(escaped, plain, widths) ? escaped : plain;
  if (record.is === 'open') {
    if (input.isEnd) throw notClosed(line + record.quoteLine);
    return undefined;
  }
  const { strayLine } = record;
  if (strayLine !== undefined && (record.isOverLines || (record.isShifted && !fits(record, widths))))
    throw strayQuote(line + strayLine);
  return record;
}

type Widths = ReadonlySet<number>;

function fits({ cells }: Scanned, widths: Widths): boolean {
  return widths.size === 0 || widths.has(cells.length);
}

/** A record on one line with the right number of cells and no stray quotation mark is read as it is. */
function mayBeEscaped(plain: Scanned, widths: Widths): boolean {
  return plain.hasEscapes && !(isSound(plain, widths) && plain.lines === 1);
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

/** The error for a record that is too long: about its quotation mark, if that is never closed. */
async function tooLong(text: string, rest: AsyncIterator<string>, { syntax, line }: Reader): Promise<Error> {
  const record = scanRecord({ text, from: 0, isEnd: false }, syntax, false);
  const isQuoted = record.is === 'open' && record.isQuoted;
  if (isQuoted && !(await isClosedIn(rest, syntax))) return notClosed(line + record.quoteLine);
  const detail = `The row that begins here has more than ${MAX_RECORD_CHARACTERS / 2 ** 20} million characters.`;
  return invalidFile(
    'row_too_long',
    isQuoted ? `${detail} Check for a missing quotation mark.` : detail,
    line,
  );
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
