/** What can be read of a formula without evaluating it: the address that IMAGE() or HYPERLINK() is given. */
import { type AddressFormula, type CellReference, columnOf } from './references.ts';
import { endOfCall, isWholeCall } from './whole-call.ts';

const MAX_FORMULA_CHARACTERS = 8_192; // Excel's limit; formulas that other cells share are in memory

const CALL = /\b(?:HYPERLINK|IMAGE)\s*\(/i;
const GOOGLE = /__xludf\.DUMMYFUNCTION\("((?:[^"]|"")*)"\)/i;
const WPS_PICTURE = /\bDISPIMG\(\s*"([^"]+)"/i;

/**
 * The address that a formula shows: the first argument of HYPERLINK() or IMAGE(), which Excel writes as `_xlfn.IMAGE`
 * and Google Sheets as a text inside of another function.
 * @returns 'unknown' where it is computed in another way; undefined: there is no such function
 */
export function addressIn(formula: string): AddressFormula | 'unknown' | undefined {
  if (formula.length > MAX_FORMULA_CHARACTERS) return CALL.test(formula) ? 'unknown' : undefined;
  const quoted = GOOGLE.exec(formula)?.[1];
  const text = quoted === undefined ? formula : undoubled(quoted);
  const call = CALL.exec(text);
  if (!call) return undefined;
  const begin = call.index + call[0].length;
  const address = argumentAt(text, begin);
  if (address === 'unknown') return address;
  const after = text.slice(endOfCall(text, begin));
  return isWholeCall(text.slice(0, call.index), after, address) ? address : 'unknown';
}

/** The id of a picture in a cell, as WPS Office writes it: `_xlfn.DISPIMG("ID_5B…",1)`. */
export function wpsPictureIn(formula: string): string | undefined {
  return WPS_PICTURE.exec(formula)?.[1];
}

const OPERAND = /\s*(?:"((?:[^"]|"")*)"|(\$?)([A-Z]{1,3})(\$?)(\d{1,7})(?![\w.(!:]))\s*/iy;
const MAX_OPERANDS = 20;

function argumentAt(text: string, from: number): AddressFormula | 'unknown' {
  const operands: AddressFormula = [];
  OPERAND.lastIndex = from;
  while (operands.length < MAX_OPERANDS) {
    const found = OPERAND.exec(text);
    if (!found) return 'unknown';
    operands.push(operandOf(found));
    const next = text[OPERAND.lastIndex];
    if (next === undefined || ',;)'.includes(next)) return operands;
    if (next !== '&') return 'unknown';
    OPERAND.lastIndex += 1;
  }
  return 'unknown';
}

function operandOf([, text, columnMark, letters = '', lineMark, digits]: RegExpExecArray):
  | string
  | CellReference {
  if (text !== undefined) return undoubled(text);
  const isColumnFixed = columnMark === '$';
  return {
    line: Number(digits),
    column: columnOf(letters) ?? 0,
    isLineFixed: lineMark === '$',
    isColumnFixed,
  };
}

/** The formula as it is in another cell, that many lines below and columns to the right. */
export function moved(formula: AddressFormula, lines: number, columns: number): AddressFormula {
  return formula.map((operand) =>
    typeof operand === 'string'
      ? operand
      : {
          ...operand,
          line: operand.line + (operand.isLineFixed ? 0 : lines),
          column: operand.column + (operand.isColumnFixed ? 0 : columns),
        },
  );
}

function undoubled(text: string): string {
  return text.replaceAll('""', '"');
}
