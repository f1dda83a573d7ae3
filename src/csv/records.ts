/**
 * The records of a CSV (RFC 4180), and what users write beside it: see scan.ts for the cells. Empty
 * lines are skipped, and Excel's rows without any content (`,,,`). Where a record holds `\"` it is read in both ways that programs mean it: as a backslash at the
 * end of a cell, and as a quotation mark inside one (PHP's fputcsv, MySQL). The columns tell which it is.
 */
import { invalidFile } from './decode.ts';
import { type Leaves, type Place, type Scanned, scanRecord, type Syntax, syntaxOf } from './scan.ts';

/** A record as it stands in the file: the physical line where it begins, from 1, and its cells. */
export type TableRow = {
  line: number;
  cells: string[];
  /** which cells stood in quotes, where this is asked for and one did */
  quoted?: number[];
};

const MAX_RECORD_CHARACTERS = 2 ** 20; // an unclosed quote ends here and not in memory; results read 100 rows at a time

/**
 * Reads records as their text arrives.
 * @param start the delimiter, and the line of the first character
 * @throws Problem `csv_invalid`: `quote_not_closed`, `stray_quote`, `row_too_long`
 */
export async function* readRecords(
  chunks: AsyncIterable<string>,
  start: { delimiter: string; line: number; tellsQuotes?: boolean },
): AsyncGenerator<TableRow> {
  const syntax = syntaxOf(start.delimiter);
  const { line, tellsQuotes = false } = start;
  const reader: Reader = { syntax, line, tellsQuotes, widths: new Set(), next: 0, patience: PATIENCE };
  const iterator = chunks[Symbol.asyncIterator]();
  let text = '';
  let enough = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    text += next.value;
    if (text.length < enough) continue;
    const isFull = text.length > MAX_RECORD_CHARACTERS;
    for (const row of recordsIn({ text, isEnd: false, isFull }, reader)) yield row; // yield* takes twice the time
    text = text.slice(reader.next);
    enough = 2 * text.length; // to begin again with each chunk would be quadratic
    if (text.length > MAX_RECORD_CHARACTERS) throw await tooLong(text, iterator, reader);
  }
  for (const row of recordsIn({ text, isEnd: true, isFull: true }, reader)) yield row;
}

/** `widths`: how many cells the first records have, above and in the header. `next`: where the next one begins in the text. */
type Reader = {
  syntax: Syntax;
  line: number;
  tellsQuotes: boolean;
  widths: Set<number>;
  next: number;
  /** how many characters may still be read behind the ends of records only to see that no backslash escapes */
  patience: number;
};

const PATIENCE = 2 ** 20;
const PATIENCE_A_CHARACTER = 8;

const LINES_ABOVE_ROWS = 4;

/** `isFull`: no more text is waited for only to see how a backslash is meant. */
type Piece = Omit<Place, 'from'> & { isFull: boolean };

/** The records that have arrived. */
function* recordsIn(piece: Piece, reader: Reader): Generator<TableRow> {
  reader.next = 0;
  while (reader.next < piece.text.length) {
    const record = recordAt({ ...piece, from: reader.next }, reader);
    if (!record) return;
    const { line } = reader;
    reader.line += record.lines;
    reader.patience += PATIENCE_A_CHARACTER * (record.next - reader.next);
    reader.next = record.next;
    if (record.cells.every(isBlank)) continue;
    if (line <= LINES_ABOVE_ROWS && record.strayLine === undefined) reader.widths.add(record.cells.length);
    const { cells, quoted } = record;
    yield reader.tellsQuotes && quoted.length > 0 ? { line, cells, quoted } : { line, cells };
  }
}

function isBlank(cell: string): boolean {
  return cell === '' || cell.trim() === '';
}

/** The record that begins here, or undefined where its end has not arrived yet. */
function recordAt(place: Piece & Place, reader: Reader): Scanned | undefined {
  const { syntax, line, widths } = reader;
  const begun = scanRecord(place, syntax, false, isFar);
  const short = begun.isLeft ? shortEscaped(place, reader) : undefined;
  if (short) return short;
  const plain = begun.isLeft ? scanRecord(place, syntax, false) : begun;
  const escaped = mayBeEscaped(plain, reader) ? escapedAt(place, plain, reader) : undefined;
  if (escaped?.is === 'open' && !escaped.isLeft && plain.isStrayEscaped && !place.isFull) return undefined;
  const record = escaped && isBetter(escaped, plain, widths) ? escaped : plain;
  if (record.is === 'open') {
    if (place.isEnd) throw notClosed(line + record.quoteLine);
    return undefined;
  }
  const { strayLine } = record;
  if (strayLine !== undefined && (record.isOverLines || (record.isShifted && !fits(record, widths))))
    throw strayQuote(line + strayLine);
  return record;
}

const LOOKED_AT = 256;

const isFar: Leaves = (at, _cells, _hasStray, from) => at > from + LOOKED_AT;

/**
 * An escaped record that is sound and ends before the plain one. Where the plain one ends is not looked for:
 * of `"27\""` in each row it is the end of the file.
 */
function shortEscaped(place: Place, reader: Reader): Scanned | undefined {
  const { syntax, widths } = reader;
  if (reader.patience < 0) return undefined;
  const widest = widestOf(widths);
  const escaped = scanRecord(place, syntax, true, (_, cells, hasStray) => hasStray || cells >= widest);
  const plain = isSound(escaped, widths)
    ? scanRecord(place, syntax, false, (at) => at >= escaped.next)
    : undefined;
  if (plain?.isLeft) return escaped;
  reader.patience -= escaped.reached - place.from;
  return undefined;
}

/** The escaped reading, as far as it can still be the better one. */
function escapedAt(place: Place, plain: Scanned, reader: Reader): Scanned {
  const { syntax, widths } = reader;
  const widest = widestOf(widths);
  const hasLost: Leaves = (at, cells, hasStray) => {
    const isUnsound = hasStray || cells >= widest;
    return plain.is === 'open' ? isUnsound : at >= plain.next && (isUnsound || !plain.isStrayEscaped);
  };
  const escaped = scanRecord(place, syntax, true, hasLost);
  if (!isBetter(escaped, plain, widths)) reader.patience -= Math.max(0, escaped.reached - plain.next);
  return escaped;
}

/** A record with more cells fits no width. */
function widestOf(widths: Widths): number {
  return widths.size === 0 ? Infinity : Math.max(...widths);
}

type Widths = ReadonlySet<number>;

function fits({ cells }: Scanned, widths: Widths): boolean {
  return widths.size === 0 || widths.has(cells.length);
}

/** A record on one line that has its columns and no odd quotation mark is what it seems to be. */
function mayBeEscaped(plain: Scanned, { widths, patience }: Reader): boolean {
  return plain.hasEscapes && patience >= 0 && !(isSound(plain, widths) && plain.lines === 1);
}

function isSound(record: Scanned, widths: Widths): boolean {
  return record.is === 'whole' && record.strayLine === undefined && fits(record, widths);
}

/** Whether backslashes are meant to escape. It depends on no text that may not be there yet. */
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

/** An inch mark and a forgotten quote look alike, until the cells do not fit or run over the end of the line. */
function strayQuote(line: number): Error {
  const detail =
    'The cell with a quotation mark on this line cannot be told from those beside it: a mark in it neither closes it nor is doubled. Write it twice ("").';
  return invalidFile('stray_quote', detail, line);
}

const LOOKED_FOR_END = 16 * MAX_RECORD_CHARACTERS;

/** A cell that is closed later is a long one; of one that is not the quotation mark is told. */
async function tooLong(text: string, rest: AsyncIterator<string>, { syntax, line }: Reader): Promise<Error> {
  const record = scanRecord({ text, from: 0, isEnd: false }, syntax, false);
  const isQuoted = record.is === 'open' && record.isQuoted;
  if (isQuoted && !(await isClosedIn(rest, syntax))) return notClosed(line + record.quoteLine);
  const detail = `The row that begins here has more than ${MAX_RECORD_CHARACTERS / 2 ** 20} million characters.`;
  return invalidFile(
    'row_too_long',
    isQuoted ? `${detail} Look whether a quotation mark is missing.` : detail,
    line,
  );
}

async function isClosedIn(rest: AsyncIterator<string>, { closed }: Syntax): Promise<boolean> {
  let before = '';
  for (let seen = 0; seen < LOOKED_FOR_END;) {
    const { value, done } = await rest.next();
    if (done) return before.endsWith('"');
    if (closed.test(before + value)) return true;
    before = (before + value).slice(-2);
    seen += value.length;
  }
  return false;
}
