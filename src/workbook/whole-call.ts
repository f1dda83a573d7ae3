/** Whether a formula shows what one call in it gives, so that the argument of the call is the address of its cell. */
import { type AddressFormula, columnOf } from './references.ts';

const CELL = String.raw`\$?[A-Z]{1,3}\$?\d{1,7}`;
const IF_FILLED = String.raw`IF\s*\(\s*(?:${CELL}\s*(?:=\s*""\s*[,;]\s*""|<>\s*"")|ISBLANK\s*\(\s*${CELL}\s*\)\s*[,;]\s*"")\s*[,;]\s*`;
const BEFORE = new RegExp(
  String.raw`^[\s=+@]*(?:(?:_xl\w+\.)*(?:IFERROR|IFNA|SINGLE)\s*\(\s*|${IF_FILLED})*(?:_xl\w+\.)*$`,
  'i',
);

/**
 * Whether the call is the whole formula, but for what is shown where it fails (`IFERROR`) or where a cell of its address
 * is empty (`IF(A2="","",…)`).
 * @param before and @param after the call
 */
export function isWholeCall(before: string, after: string, address: AddressFormula): boolean {
  if (!BEFORE.test(before) || !/^\s*(?:[,;)]|$)/.test(after)) return false;
  const conditions = [...before.matchAll(/\$?([A-Z]{1,3})\$?(\d{1,7})\b/gi)];
  const isOther = conditions.length > 0 && /\b(?:HYPERLINK|IMAGE)\s*\(/i.test(after);
  return !isOther && conditions.every(([, letters = '', digits]) => names(address, letters, Number(digits)));
}

function names(address: AddressFormula, letters: string, line: number): boolean {
  const column = columnOf(letters);
  return address.some(
    (operand) => typeof operand === 'object' && operand.column === column && operand.line === line,
  );
}

/** Where a call ends, behind its closing parenthesis; the end of the text, if it has none. @param from within the call */
export function endOfCall(text: string, from: number): number {
  const marks = /"|[()]/g;
  marks.lastIndex = from;
  let [depth, isText] = [1, false];
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === '"') isText = !isText;
    else if (!isText) depth += mark[0] === '(' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}
