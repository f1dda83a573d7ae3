import type { Flaw } from '../errors.ts';
import { MAX_URL_CHARACTERS, readAddress } from '../csv/cells/address.ts';
import { type CellSlots, slotsOfCells } from '../csv/cells/slots.ts';
import type { TableRow } from '../csv/records.ts';
import { flawAt } from './row-flaws.ts';
import type { RowImage, RowRules } from './rows.ts';

export type RowImages = {
  images: RowImage[];
  /** how many slots the row has, empty ones included */
  slots: number;
  /** warnings about what stands in the cells */
  oddities: Flaw[];
};

/** Reads the slots of a row. A slot that is no address is an image with a flaw. */
export function readRowImages(
  row: TableRow,
  { columns, allowPaths }: Pick<RowRules, 'columns' | 'allowPaths'>,
): RowImages {
  const images: RowImage[] = [];
  const oddities: Flaw[] = [];
  let position = 0;
  for (const cell of slotsOfCells(row.cells, columns)) {
    for (const slot of cell.slots) {
      position += 1;
      if (slot === '') continue;
      const { image, oddity } = readSlot(slot, row, cell.column, allowPaths);
      if (image) images.push({ position, ...image });
      if (oddity) oddities.push(oddity);
    }
    const text = textBeside(cell);
    if (text !== '') {
      const detail = `Text beside the image URLs is ignored: ${shortened(text)}`;
      oddities.push(flawAt(row, cell.column, 'text_beside_url', detail));
    }
  }
  return { images, slots: position, oddities };
}

type SlotRead = { image?: Omit<RowImage, 'position'>; oddity?: Flaw };

function readSlot(slot: string, row: TableRow, column: number, allowPaths: boolean): SlotRead {
  const read = readAddress(slot, allowPaths);
  if ('url' in read) {
    if (read.url === slot) return { image: read };
    const detail = `"${shortened(slot)}" is read as ${shortened(read.url)}.`;
    return { image: read, oddity: flawAt(row, column, 'url_rewritten', detail) };
  }
  if ('none' in read) {
    const detail = `"${slot}" is no address; the slot counts as empty.`;
    return { oddity: flawAt(row, column, 'placeholder', detail) };
  }
  const detail = `"${shortened(slot)}" is not an image URL: ${read.why}.`;
  const flaw = flawAt(row, column, 'invalid_url', detail);
  return { image: { url: slot.slice(0, MAX_URL_CHARACTERS), host: '', flaw } };
}

const LETTERS = /[\p{L}\p{N}]/u;

/** The words in a cell that are part of no address. */
function textBeside({ before, separators, after }: CellSlots): string {
  if (!LETTERS.test(before + separators.join('') + after)) return '';
  const texts = [before, ...separators, after].map((text) => text.trim());
  return texts.filter((text) => LETTERS.test(text)).join(' … ');
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
