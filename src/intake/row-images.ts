import type { Flaw } from '../errors.ts';
import { type Address, MAX_URL_CHARACTERS, readAddress } from '../csv/cells/address.ts';
import { errorValue } from '../csv/cells/error-values.ts';
import { type CellSlots, slotsOfCells } from '../csv/cells/slots.ts';
import type { TableRow } from '../csv/records.ts';
import { UPLOAD_HOST } from '../pipeline/uploaded-source.ts';
import { flawAt } from './row-flaws.ts';
import type { RowImage, RowRules } from './rows.ts';
import type { NamedPicture, TablePicture } from '../csv/table-pictures.ts';

export type RowImages = {
  images: RowImage[];
  /** how many slots the row has, empty ones included */
  slots: number;
  /** warnings about the content of cells */
  oddities: Flaw[];
};

/** Reads the slots of a row. A slot that is no address is an image with a flaw. */
export function readRowImages(
  row: TableRow,
  rules: Pick<RowRules, 'columns' | 'allowPaths' | 'pictures'>,
): RowImages {
  const images: RowImage[] = [];
  const oddities: Flaw[] = [];
  let position = 0;
  for (const cell of slotsOfCells(row.cells, rules.columns)) {
    for (const slot of cell.slots) {
      position += 1;
      if (slot === '') continue;
      const read = readSlot(slot, rules);
      if ('picture' in read) images.push({ position, ...imageOf(read.picture) });
      else if ('url' in read) images.push({ position, url: read.url, host: read.host });
      else if ('why' in read)
        images.push({ position, ...notAnImage(slot, flawAt(row, cell.column, read.code, read.why)) });
      const oddity = oddityOf(slot, read);
      if (oddity) oddities.push(flawAt(row, cell.column, ...oddity));
    }
    const text = textBeside(cell);
    if (text !== '') {
      const detail = `Text beside the image URLs is ignored: ${shortened(text)}`;
      oddities.push(flawAt(row, cell.column, 'text_beside_url', detail));
    }
  }
  return { images, slots: position, oddities };
}

type ReadSlot = Exclude<Address, { why: string }> | NamedPicture;

/** A placeholder is none, whatever pictures there are. */
function readSlot(
  slot: string,
  { allowPaths, pictures }: Pick<RowRules, 'allowPaths' | 'pictures'>,
): ReadSlot {
  const named = pictures?.find(slot);
  if (named && 'picture' in named) return named;
  const read = readAddress(slot, allowPaths && !named);
  if (!('why' in read)) return read;
  return named ?? { code: 'invalid_url', why: `"${shortened(slot)}" is not an image URL: ${read.why}.` };
}

function imageOf(picture: TablePicture): Omit<RowImage, 'position'> {
  return { url: picture.name, host: UPLOAD_HOST, picture };
}

function notAnImage(slot: string, flaw: Flaw): Omit<RowImage, 'position'> {
  return { url: slot.slice(0, MAX_URL_CHARACTERS), host: '', flaw };
}

/** The code and sentence of the warning about a slot that is not read as it is written. */
function oddityOf(slot: string, read: ReadSlot): [code: string, detail: string] | undefined {
  if ('none' in read) {
    const error = errorValue(slot);
    const what = error === undefined ? 'no address' : `an error of the spreadsheet (${error})`;
    return ['placeholder', `"${slot}" is ${what}; the slot counts as empty.`];
  }
  if (!('url' in read) || read.url === slot) return undefined;
  return ['url_rewritten', `"${shortened(slot)}" is read as ${shortened(read.url)}.`];
}

const LETTERS = /[\p{L}\p{N}]/u;

/** The words in a cell that are part of no address. */
function textBeside({ before, separators, after }: CellSlots): string {
  if (separators.length === 0 && before === '' && after === '') return '';
  if (!LETTERS.test(before + separators.join('') + after)) return '';
  const texts = [before, ...separators, after].map((text) => text.trim());
  return texts.filter((text) => LETTERS.test(text)).join(' … ');
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
