import { holdsAddress } from '../csv/header/image-cells.ts';
import type { SlotColumns } from '../csv/cells/slots.ts';
import type { TableRow } from '../csv/records.ts';

/**
 * A row with what its image cells hold beside their text: the target of a link where the text is no address, such as
 * "photo", and the name of a picture where there is no text.
 */
export function withBeside(row: TableRow, { images, spill = Infinity }: SlotColumns): TableRow {
  if (!row.beside) return row;
  const cells = [...row.cells];
  for (const each of row.beside) {
    const { column } = each;
    if ('lacks' in each || (!images.includes(column) && column < spill)) continue;
    while (cells.length <= column) cells.push('');
    const text = (cells[column] ?? '').trim();
    if ('link' in each && !holdsAddress(text, { allowPaths: false })) cells[column] = each.link;
    if ('part' in each && (row.cells[column] ?? '').trim() === '') cells[column] = joined(text, each.part);
  }
  return { ...row, cells };
}

/** A row in which the names of pictures stand in their cells, also where no column is said to hold images. */
export function withPictures(row: TableRow): TableRow {
  const parts = row.beside?.filter((each) => 'part' in each) ?? [];
  if (parts.length === 0) return row;
  return withBeside({ ...row, beside: parts }, { images: parts.map(({ column }) => column) });
}

function joined(text: string, part: string): string {
  return text === '' ? part : `${text}, ${part}`;
}
