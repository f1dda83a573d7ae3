import type { TableRow } from '../csv/records.ts';
import type { Range } from './references.ts';

/**
 * The header with the text of merged cells in each cell that they cover: "Images" over three columns names all three,
 * and "SKU" over two rows names its column in the second one too.
 */
export function withMergedNames(merges: Range[], header: TableRow, records: TableRow[]): TableRow {
  const covering = merges.filter(({ top, bottom }) => top <= header.line && header.line <= bottom);
  if (covering.length === 0) return header;
  const cells = [...header.cells];
  for (const { top, left, right } of covering) {
    const text = records.find(({ line }) => line === top)?.cells[left] ?? '';
    for (let column = left; column <= right && column < cells.length; column += 1)
      if ((cells[column] ?? '').trim() === '') cells[column] = text;
  }
  const isSame = cells.every((cell, i) => cell === header.cells[i]);
  return isSame ? header : { ...header, cells };
}
