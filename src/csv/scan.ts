/**
 * The cells of a record: a quotation mark closes a cell only where a delimiter or the line's end follows,
 * so that the inch mark in `"27" IPS"` is one; spaces around a quoted cell are not part of it; LF, CRLF and
 * CR end lines, mixed too.
 */

/** `isEnd`: no more text will come. */
export type Place = { text: string; from: number; isEnd: boolean };

/** A record, or the beginning of one whose end has not come (`open`). Lines are counted from its own, which is 0. */
export type Scanned = {
  is: 'whole' | 'open';
  cells: string[];
  /** those of them that stood in quotes */
  quoted: number[];
  /** where the next one begins */
  next: number;
  /** line ends in this one, its own included */
  lines: number;
  /** whether what is open is a cell in quotation marks, and on which line it begins */
  isQuoted: boolean;
  quoteLine: number;
  /** of the first quotation mark in a quoted cell that neither closes it nor is doubled, or of that cell's own */
  strayLine: number | undefined;
  /** whether it stands behind a backslash */
  isStrayEscaped: boolean;
  /** whether such a cell runs over the end of its line */
  isOverLines: boolean;
  /** whether a bare cell behind it has a quotation mark too: it was divided, or these are inch marks */
  isShifted: boolean;
  /** whether a quotation mark in a quoted cell stands behind a backslash */
  hasEscapes: boolean;
  /** whether it is open because it was not read on, and how far it was read */
  isLeft: boolean;
  reached: number;
};

/**
 * Whether a record with backslashes before quotation marks is not read on at this one.
 * @param cells how many are whole
 * @param hasStray whether a quotation mark before this one is stray
 * @param from where the record begins
 */
export type Leaves = (at: number, cells: number, hasStray: boolean, from: number) => boolean;

export type Syntax = { delimiter: number; closing: RegExp; spaced: RegExp; closed: RegExp };

export function syntaxOf(delimiter: string): Syntax {
  const mark = RegExp.escape(delimiter);
  return {
    delimiter: delimiter.charCodeAt(0),
    // what may stand behind a closing quote
    closing: new RegExp(`"( *)(?=[${mark}\\r\\n]|$)`, 'y'),
    // a quoted cell behind spaces, whole and on one line, or it is none
    spaced: new RegExp(`( +")(?:[^"\\r\\n]|"")*" *(?=[${mark}\\r\\n]|$)`, 'y'),
    closed: new RegExp(`"[${mark}\\r\\n]`),
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const CR = 0x0d;

/** @param isEscaping whether a quotation mark behind an odd number of backslashes is a character of its cell */
export function scanRecord(place: Place, syntax: Syntax, isEscaping: boolean, leaves?: Leaves): Scanned {
  const { text, from, isEnd } = place;
  const record: Scanned = {
    is: 'open',
    cells: [],
    quoted: [],
    next: from,
    lines: 1,
    isQuoted: false,
    quoteLine: 0,
    strayLine: undefined,
    isStrayEscaped: false,
    isOverLines: false,
    isShifted: false,
    hasEscapes: false,
    isLeft: false,
    reached: text.length,
  };
  for (let at = from; ;) {
    const opening = openingQuote(text, at, syntax);
    const cell =
      opening === undefined
        ? bareCell(text, at, syntax)
        : quotedCell(place, { opening, isEscaping, record, leaves }, syntax);
    if (opening !== undefined) noteQuotes(record, cell);
    else if (record.strayLine !== undefined && cell.text.includes('"')) record.isShifted = true;
    if (cell.end === undefined || (cell.end >= text.length && !isEnd)) return record;
    if (opening !== undefined) record.quoted.push(record.cells.length);
    record.cells.push(cell.text);
    at = cell.end + 1;
    const end = text.charCodeAt(cell.end);
    if (end === syntax.delimiter) continue;
    if (end === CR && text.charCodeAt(at) === LF) at += 1;
    else if (end === CR && at >= text.length && !isEnd) return record; // LF may follow
    record.is = 'whole';
    record.next = at;
    record.reached = at;
    return record;
  }
}

/** A cell and where it ends: at a delimiter, a line's end or the end of the text; undefined where its closing quote is not there. */
type Cell = { text: string; end: number | undefined };
type QuotedCell = Cell & { stray: { at: number; isEscaped: boolean } | undefined; hasEscapes: boolean };

function noteQuotes(record: Scanned, { text, end, stray, hasEscapes }: Cell & Partial<QuotedCell>): void {
  const line = record.lines - 1;
  record.hasEscapes ||= hasEscapes === true;
  // One behind a backslash is the culprit itself; another may be that of the next row, and this cell's own is missing.
  if (stray && record.strayLine === undefined) {
    record.strayLine = line + (stray.isEscaped ? lineEnds(text.slice(0, stray.at)) : 0);
    record.isStrayEscaped = stray.isEscaped;
  }
  record.isQuoted = end === undefined;
  record.quoteLine = line;
  if (end === undefined) return;
  const ends = lineEnds(text);
  record.isOverLines ||= stray !== undefined && ends > 0;
  record.lines += ends;
}

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
  return { text: text.slice(at, end), end };
}

function quotedCell(
  { text, isEnd }: Place,
  {
    opening,
    isEscaping,
    record,
    leaves,
  }: { opening: number; isEscaping: boolean; record: Scanned; leaves: Leaves | undefined },
  { closing }: Syntax,
): QuotedCell {
  const cell: QuotedCell = { text: '', end: undefined, stray: undefined, hasEscapes: false };
  for (let from = opening + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0 || (quote + 1 >= text.length && !isEnd)) return cell;
    if (leaves && (cell.hasEscapes || record.hasEscapes) && isLeftAt(quote, cell, record, leaves))
      return cell;
    const isEscaped = isBehindBackslash(text, opening, quote);
    cell.hasEscapes ||= isEscaped;
    const isDoubled = text.charCodeAt(quote + 1) === QUOTE;
    if (!isDoubled || (isEscaping && isEscaped)) {
      closing.lastIndex = quote;
      const closed = isEscaping && isEscaped ? null : closing.exec(text);
      if (closed)
        return { ...cell, text: cell.text + text.slice(from, quote), end: quote + closed[0].length };
      if (!(isEscaping && isEscaped)) cell.stray ??= { at: cell.text.length + quote - from, isEscaped };
    }
    cell.text += text.slice(from, quote + 1);
    from = quote + (isDoubled && !(isEscaping && isEscaped) ? 2 : 1);
  }
}

function isLeftAt(at: number, cell: QuotedCell, record: Scanned, leaves: Leaves): boolean {
  const hasStray = cell.stray !== undefined || record.strayLine !== undefined;
  record.isLeft = leaves(at, record.cells.length, hasStray, record.next); // its beginning, so long as it is open
  if (record.isLeft) record.reached = at;
  return record.isLeft;
}

/** Whether an odd number of backslashes stands before a quotation mark: the second of two escapes none. */
function isBehindBackslash(text: string, opening: number, quote: number): boolean {
  let before = quote;
  while (before - 1 > opening && text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 1;
}

function lineEnds(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
