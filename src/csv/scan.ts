/**
 * Scans the cells of one record. A quotation mark closes a cell only where a delimiter or a line end follows, so
 * the inch mark in `"27" IPS"` closes nothing. Spaces around a quoted cell are not part of it. LF, CRLF and CR
 * end lines, also mixed.
 */
import { bareCell, CR, LF, lineEnds, openingQuote, quotedCell, type QuotedCell } from './scan-cells.ts';
import { type AbandonRule, openRecord, type Scanned } from './scanned.ts';
import type { ScanInput, Syntax } from './syntax.ts';

/** @param isEscaping whether a quotation mark after an odd number of backslashes is a character of its cell */
export function scanRecord(
  input: ScanInput,
  syntax: Syntax,
  isEscaping: boolean,
  abandons?: AbandonRule,
): Scanned {
  const { text, from, isEnd } = input;
  const record = openRecord(from, text.length);
  let at = from;
  for (;;) {
    const opening = openingQuote(text, at, syntax);
    let cell;
    if (opening === undefined) {
      cell = bareCell(text, at, syntax);
      if (record.strayLine !== undefined && cell.text.includes('"')) record.isShifted = true;
    } else {
      const quoted = quotedCell(input, { opening, isEscaping, record, abandons }, syntax);
      noteQuotes(record, quoted);
      cell = quoted;
    }
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

function noteQuotes(record: Scanned, { text, end, stray, hasEscapes }: QuotedCell): void {
  const line = record.lines - 1;
  record.hasEscapes ||= hasEscapes;
  if (stray && record.strayLine === undefined) {
    // A mark after a backslash is itself the mistake. Any other may belong to the next row, while this cell's own
    // closing mark is missing.
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
