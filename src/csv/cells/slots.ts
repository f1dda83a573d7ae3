import { splitCell } from './cell.ts';
import { splitCellV1 } from './cell-v1.ts';
import { ENTITY, INVISIBLE } from './address.ts';

/**
 * The slots of a row in order, '' for an empty one, and the texts between them. `separators` is one shorter than
 * `slots`; both are empty if the row names no image.
 */
export type Slots = { slots: string[]; separators: string[] };

/** A longer cell is an error, and is not split. */
export const MAX_CELL_CHARACTERS = 64 * 1024;

/** The number of the cell grammar for new uploads. It is stored with the batch; see SlotColumns. */
export const GRAMMAR = 2;

/** The image columns. From column `spill` on, cells may hold more URLs of the row. */
export type SlotColumns = {
  images: number[];
  spill?: number | undefined;
  /** The cell grammar that the batch was read with; undefined: the first one. */
  grammar?: typeof GRAMMAR;
};

/** The slots of one cell, its column from 0, and the text, quotation marks and brackets around the slots. */
export type CellSlots = Slots & { column: number; before: string; after: string };

/**
 * The slots of a row. Both the reader of the input and the writer of the output use it, so that their slots agree.
 * URLs in several cells count as separated by commas. Separators are reduced to their marks: `","` and
 * `"><img src="` become a comma.
 */
export function slotsOfRow(cells: string[], columns: SlotColumns): Slots {
  const all: Slots = { slots: [], separators: [] };
  for (const { slots, separators } of slotsOfCells(cells, columns)) {
    if (all.slots.length > 0) all.separators.push(',');
    for (const slot of slots) all.slots.push(slot); // a row may have more than a call can have arguments
    for (const separator of separators) all.separators.push(marksOf(separator));
  }
  return all;
}

/** The slots of a row, cell by cell, up to the last cell that is not empty. An empty cell before it is an empty slot. */
export function slotsOfCells(cells: string[], { images, spill, grammar }: SlotColumns): CellSlots[] {
  const isSpilled = spill !== undefined && cells.length > spill;
  const columns = isSpilled ? [...images, ...cells.keys().filter((column) => column >= spill)] : images;
  const texts = columns.map((column) => trimmed(cells[column] ?? '', grammar));
  const used = columns.slice(0, texts.findLastIndex((text) => text !== '') + 1);
  return used.map((column, i) => slotsOfText(texts[i] ?? '', column, grammar));
}

function trimmed(cell: string, grammar: SlotColumns['grammar']): string {
  const text = cell.trim();
  if (grammar === undefined || text === '') return text;
  let [from, to] = [0, text.length];
  const isUnseen = (at: number): boolean => text.charCodeAt(at) > 0x7f && UNSEEN.test(text.charAt(at));
  while (from < to && isUnseen(from)) from += 1;
  while (to > from && isUnseen(to - 1)) to -= 1;
  return from === 0 && to === text.length ? text : text.slice(from, to).trim();
}

const UNSEEN = new RegExp(`\\s|${INVISIBLE.source}`, 'u');

function slotsOfText(text: string, column: number, grammar: SlotColumns['grammar']): CellSlots {
  const split = grammar === undefined ? splitCellV1 : splitCell;
  const spans = text.length > MAX_CELL_CHARACTERS ? [{ from: 0, to: text.length }] : split(text);
  return {
    column,
    before: text.slice(0, spans[0]?.from),
    slots: spans.map(({ from, to }) => text.slice(from, to)),
    separators: spans.slice(1).map(({ from }, i) => text.slice(spans[i]?.to, from)),
    after: text.slice(spans.at(-1)?.to),
  };
}

const ONLY_MARKS = /^[\s,;|，；、｜،]+$/;
const MARK = /(?:(?<![ \t])[ \t]+)?[,;|，；、｜،][ \t]*/g; // tries spaces from the first one only, in linear time

function marksOf(separator: string): string {
  if (ONLY_MARKS.test(separator)) return separator;
  const mark = separator.replaceAll(ENTITY, ' ').match(MARK)?.at(-1);
  return mark ?? (separator.includes('\n') ? '\n' : ',');
}

/**
 * The text of a cell with other content in the same slots. White space and words between two slots do not show that
 * one is empty, so a comma replaces them if any slot is.
 */
export function joinSlots(slots: string[], separators: string[]): string {
  const hasEmpty = slots.includes('');
  const shown = (separator = ''): string => (hasEmpty && WITHOUT_MARKS.test(separator) ? ',' : separator);
  return slots.map((slot, i) => slot + (i < slots.length - 1 ? shown(separators[i]) : '')).join('');
}

const WITHOUT_MARKS = /^[^,;|，；、｜،"'<>]*$/;

/** Like joinSlots, with the text before and after the slots, unless all of them are empty. */
export function rewritten({ slots, separators, before, after }: CellSlots): string {
  const isEmpty = slots.every((slot) => slot === '');
  return isEmpty ? joinSlots(slots, separators.map(marksOf)) : before + joinSlots(slots, separators) + after;
}
