export const LAST_ROW = 1_048_576;

/** The column of a reference such as `AB12`, from 0; undefined if it has none. */
export function columnOf(reference: string): number | undefined {
  let column = 0;
  for (let i = 0; i < reference.length && i < 4; i += 1) {
    const letter = (reference.charCodeAt(i) | 0x20) - 0x60;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  return column === 0 ? undefined : column - 1;
}

/** The letters of a column, from 0. */
export function lettersOf(column: number): string {
  const rest = Math.floor(column / 26);
  return (rest > 0 ? lettersOf(rest - 1) : '') + String.fromCharCode(65 + (column % 26));
}

/** A cell. With `$`, a part of it stays the same where the formula is copied into other cells. */
export type CellReference = { line: number; column: number; isLineFixed: boolean; isColumnFixed: boolean };

/** Texts and cells that `&` joins. */
export type AddressFormula = (string | CellReference)[];

/** Rows count from 1, columns from 0; both ends belong to it. */
export type Range = { top: number; bottom: number; left: number; right: number };

/** A range such as `B2:D4`, or a single cell. */
export function rangeOf(reference: string): Range | undefined {
  const parts = /^\$?([a-z]{1,3})\$?(\d{1,7})(?::\$?([a-z]{1,3})\$?(\d{1,7}))?$/i.exec(reference);
  if (!parts) return undefined;
  const [, left = '', top = '', right = left, bottom = top] = parts;
  return {
    top: Number(top),
    bottom: Number(bottom),
    left: columnOf(left) ?? 0,
    right: columnOf(right) ?? 0,
  };
}
