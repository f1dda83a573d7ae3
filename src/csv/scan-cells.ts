import type { AbandonRule, Scanned } from './scanned.ts';
import type { ScanInput, Syntax } from './syntax.ts';

export const LF = 0x0a;
export const CR = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * A cell, and the offset of the delimiter or line end after it, or of the end of the text. `end` is undefined while
 * the closing quotation mark has not arrived.
 */
export type Cell = { text: string; end: number | undefined };

/** `stray`: the first quotation mark in the cell that neither closes it nor is doubled; `at` is its offset in the cell. */
export type QuotedCell = Cell & {
  stray: { at: number; isEscaped: boolean } | undefined;
  hasEscapes: boolean;
};

/** The offset of the quotation mark that opens the cell at `at`; undefined for a bare cell. */
export function openingQuote(text: string, at: number, { spaced }: Syntax): number | undefined {
  if (text.charCodeAt(at) === QUOTE) return at;
  if (text.charCodeAt(at) !== 0x20) return undefined;
  spaced.lastIndex = at;
  const [, opening] = spaced.exec(text) ?? [];
  return opening === undefined ? undefined : at + opening.length - 1;
}

export function bareCell(text: string, at: number, { delimiter }: Syntax): Cell {
  let end = at;
  for (; end < text.length; end += 1) {
    const character = text.charCodeAt(end);
    if (character === delimiter || character === LF || character === CR) break;
  }
  return { text: text.slice(at, end), end };
}

type CellStart = {
  /** offset of the opening quotation mark */
  opening: number;
  isEscaping: boolean;
  /** the record before the cell */
  record: Scanned;
  abandons: AbandonRule | undefined;
};

export function quotedCell(
  { text, isEnd }: ScanInput,
  { opening, isEscaping, record, abandons }: CellStart,
  { closing }: Syntax,
): QuotedCell {
  const cell: QuotedCell = { text: '', end: undefined, stray: undefined, hasEscapes: false };
  let from = opening + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0 || (quote + 1 >= text.length && !isEnd)) return cell;
    const mayAbandon = abandons !== undefined && (cell.hasEscapes || record.hasEscapes);
    if (mayAbandon && abandonsAt(quote, cell, record, abandons)) return cell;
    const isEscaped = isAfterBackslash(text, opening, quote);
    const isDoubled = text.charCodeAt(quote + 1) === QUOTE;
    const isCharacter = isEscaping && isEscaped;
    cell.hasEscapes ||= isEscaped;
    if (!isDoubled && !isCharacter) {
      closing.lastIndex = quote;
      const closed = closing.exec(text);
      if (closed) {
        cell.text += text.slice(from, quote);
        cell.end = quote + closed[0].length;
        return cell;
      }
      cell.stray ??= { at: cell.text.length + quote - from, isEscaped };
    }
    cell.text += text.slice(from, quote + 1);
    from = quote + (isDoubled && !isCharacter ? 2 : 1);
  }
}

function abandonsAt(quote: number, cell: QuotedCell, record: Scanned, abandons: AbandonRule): boolean {
  const hasStray = cell.stray !== undefined || record.strayLine !== undefined;
  record.isAbandoned = abandons(quote, record.cells.length, hasStray, record.next);
  if (record.isAbandoned) record.reached = quote;
  return record.isAbandoned;
}

/** Whether an odd number of backslashes precedes a quotation mark: the second of two backslashes escapes nothing. */
function isAfterBackslash(text: string, opening: number, quote: number): boolean {
  let before = quote;
  while (before - 1 > opening && text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 1;
}

export function lineEnds(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
