/**
 * A spreadsheet runs a cell that begins like this as a formula (OWASP, CSV injection). U+FF1D, FF0B, FF0D and FF20
 * are the full-width forms of = + - @.
 */
const RISKY = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER_OR_PHONE = /^[+-]?[\d ().,/-]+$/;

/** The cell with a leading apostrophe if it would otherwise run as a formula. */
export function escapeFormula(cell: string): string {
  return RISKY.test(cell) && !NUMBER_OR_PHONE.test(cell) ? `'${cell}` : cell;
}

/** Removes the apostrophe that `escapeFormula` wrote, so that our output can be uploaded again. */
export function unescapeFormula(cell: string): string {
  return cell.startsWith("'") && escapeFormula(cell.slice(1)) === cell ? cell.slice(1) : cell;
}
