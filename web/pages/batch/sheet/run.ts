/** The images of one product that stand side by side in a line of the sheet. */
export type Run = {
  /** whether it begins here, and whether the product has begun in the line above */
  isFirst: boolean;
  isContinued: boolean;
  /** how many images it goes on for, with this one */
  length: number;
};

/** Of a sheet in which neighbours are no neighbours in the file. */
export const ALONE: Run = { isFirst: true, isContinued: false, length: 1 };

type Place = { slot: number; column: number; columns: number };

/**
 * By the rows of the file, not by positions: a product with an empty first cell begins with its second image.
 * @param rowOf a slot; undefined while that is not known
 */
export function runAt({ slot, column, columns }: Place, rowOf: (slot: number) => number | undefined): Run {
  const row = rowOf(slot);
  if (row === undefined) return ALONE;
  const isContinued = rowOf(slot - 1) === row;
  let length = 1;
  while (column + length < columns && rowOf(slot + length) === row) length += 1;
  return { isFirst: column === 0 || !isContinued, isContinued, length };
}
