/**
 * The records of a CSV (RFC 4180), and what users write beside it: a quotation mark closes a cell only
 * where a delimiter or the line's end follows, so that the inch mark in `"27" IPS"` is one; spaces around
 * a quoted cell are not part of it; LF, CRLF and CR end lines, mixed too; empty lines are skipped.
 */
import { invalidFile } from './decode.ts';

/** A record as it stands in the file: the physical line where it begins, from 1, and its cells. */
export type TableRow = {
  line: number;
  cells: string[];
  /** which cells stood in quotes, where this is asked for and one did */
  quoted?: number[];
};

const MAX_RECORD_CHARACTERS = 2 ** 20; // an unclosed quote ends here and not in memory; results read 100 rows at a time
const LONG_RECORD = 128 * 1024;

/**
 * Reads records as their text arrives.
 * @param start the delimiter, the line of the first character, and whether to tell which cells stood in quotes
 * @throws Problem `csv_invalid`: `quote_not_closed`, `stray_quote`, `row_too_long`
 */
export async function* readRecords(
  chunks: AsyncIterable<string>,
  start: { delimiter: string; line: number; tellsQuotes?: boolean },
): AsyncGenerator<TableRow> {
  const syntax = syntaxOf(start.delimiter);
  let { line } = start;
  const rowOf = ({ cells, quoted }: Record, line: number): TableRow =>
    start.tellsQuotes && quoted.length > 0 ? { line, cells, quoted } : { line, cells };
  let text = '';
  let enough = 0;
  for await (const chunk of chunks) {
    text += chunk;
    if (text.length < enough) continue;
    let from = 0;
    for (let record = recordAt({ text, from, isEnd: false }, syntax, line); record;) {
      if (!record.isEmpty) yield rowOf(record, line);
      line += record.lines;
      from = record.next;
      record = recordAt({ text, from, isEnd: false }, syntax, line);
    }
    text = text.slice(from);
    enough = text.length > LONG_RECORD ? 2 * text.length : 0; // to begin again with each chunk would be quadratic
    if (text.length > MAX_RECORD_CHARACTERS) throw tooLong(text, line);
  }
  for (let from = 0; from < text.length;) {
    const record = recordAt({ text, from, isEnd: true }, syntax, line);
    if (!record) throw new Error('a record has no end'); // not even at the end of the file
    if (!record.isEmpty) yield rowOf(record, line);
    line += record.lines;
    from = record.next;
  }
}

type Syntax = { delimiter: number; closing: RegExp; spaced: RegExp };

function syntaxOf(delimiter: string): Syntax {
  return {
    delimiter: delimiter.charCodeAt(0),
    // what may stand behind a closing quote
    closing: new RegExp(`"( *)(?=[${delimiter}\\r\\n]|$)`, 'y'),
    // a quoted cell behind spaces, whole and on one line, or it is none
    spaced: new RegExp(`( +")(?:[^"\\r\\n]|"")*" *(?=[${delimiter}\\r\\n]|$)`, 'y'),
  };
}

type Place = { text: string; from: number; isEnd: boolean };

/** `next`: where the next record begins. `lines`: line ends in this one, its own included. */
type Record = { cells: string[]; quoted: number[]; next: number; lines: number; isEmpty: boolean };

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** The record that begins here, or undefined where its end has not arrived yet. */
function recordAt(place: Place, syntax: Syntax, line: number): Record | undefined {
  const { text, from, isEnd } = place;
  const cells: string[] = [];
  const quoted: number[] = [];
  let at = from;
  let lines = 1;
  for (;;) {
    const opening = openingQuote(text, at, syntax);
    const cell = opening === undefined ? bareCell(text, at, syntax) : quotedCell(place, opening, syntax);
    if (cell === undefined || (cell.end >= text.length && !isEnd)) {
      if (cell === undefined && isEnd) throw notClosed(line);
      return undefined;
    }
    const ends = opening === undefined ? 0 : lineEnds(cell.text);
    if (cell.isOdd && ends > 0) throw strayQuote(line);
    lines += ends;
    if (opening !== undefined) quoted.push(cells.length);
    cells.push(cell.text);
    at = cell.end + 1;
    const end = text.charCodeAt(cell.end);
    if (end === syntax.delimiter) continue;
    if (end === CR && text.charCodeAt(at) === LF) at += 1;
    else if (end === CR && at >= text.length && !isEnd) return undefined; // LF may follow
    return { cells, quoted, next: at, lines, isEmpty: cell.end === from };
  }
}

/** A cell and where it ends: at a delimiter, a line's end or the end of the text. */
type Cell = { text: string; end: number; isOdd: boolean };

function openingQuote(text: string, at: number, { spaced }: Syntax): number | undefined {
  if (text.charCodeAt(at) === QUOTE) return at;
  if (text.charCodeAt(at) !== 0x20) return undefined;
  spaced.lastIndex = at;
  const [, opening] = spaced.exec(text) ?? [];
  return opening === undefined ? undefined : at + opening.length - 1;
}

function bareCell(text: string, at: number, { delimiter }: Syntax): Cell {
  let end = at;
  for (; end < text.length; end += 1) {
    const character = text.charCodeAt(end);
    if (character === delimiter || character === LF || character === CR) break;
  }
  return { text: text.slice(at, end), end, isOdd: false };
}

/** Undefined where its closing quote is not there. */
function quotedCell({ text, isEnd }: Place, opening: number, { closing }: Syntax): Cell | undefined {
  let cell = '';
  let isOdd = false;
  for (let from = opening + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0 || (quote + 1 >= text.length && !isEnd)) return undefined;
    if (text.charCodeAt(quote + 1) === QUOTE) {
      cell += text.slice(from, quote + 1);
      from = quote + 2;
      continue;
    }
    closing.lastIndex = quote;
    const closed = closing.exec(text);
    if (closed) return { text: cell + text.slice(from, quote), end: quote + closed[0].length, isOdd };
    isOdd = true;
    cell += text.slice(from, quote + 1);
    from = quote + 1;
  }
}

function lineEnds(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

function notClosed(line: number): Error {
  return invalidFile(
    'quote_not_closed',
    'The row that begins here has a quotation mark that is never closed.',
    line,
  );
}

/** An inch mark and a forgotten quote look alike; a cell that runs over lines has mostly the latter. */
function strayQuote(line: number): Error {
  return invalidFile(
    'stray_quote',
    'The row that begins here has a cell over several lines with a quotation mark in it that neither closes it nor is doubled.',
    line,
  );
}

function tooLong(text: string, line: number): Error {
  if (text.includes('"')) return notClosed(line);
  return invalidFile(
    'row_too_long',
    `The row that begins here has more than ${MAX_RECORD_CHARACTERS / 2 ** 20} million characters.`,
    line,
  );
}
