import { splitCell } from './cell.ts';
import { splitCellV1 } from './cell-v1.ts';
import { ENTITY, INVISIBLE } from './address.ts';

/**
 * The slots of a row: its URLs in sequence, '' for an empty place, with what stood between them.
 * `separators` is one shorter than `slots`, and both are empty when the row names no image.
 */
export type Slots = { slots: string[]; separators: string[] };

/** A longer cell is not split: it is an error, and stays as it is. */
export const MAX_CELL_CHARACTERS = 64 * 1024;

/** The grammar of cells that uploads are read by; it is kept with the batch, see SlotColumns. */
export const GRAMMAR = 2;

/** The columns that hold URLs; from `spill` on the row's cells may hold more of them. */
export type SlotColumns = {
  images: number[];
  spill?: number | undefined;
  /** By which the cells were split when they were read; batches from before there was a second one have none. */
  grammar?: typeof GRAMMAR;
};

/** The slots of one cell, its column from 0, and what stands around them: text, quotation marks, brackets. */
export type CellSlots = Slots & { column: number; before: string; after: string };

/**
 * The slots of a row. Reading the input and writing the output both go through here, so that their
 * slots are the same. A row with URLs in several cells reads as if commas stood between them; of what
 * stands between two URLs only the marks are told, and not `","` or `"><img src="`.
 */
export function slotsOfRow(cells: string[], columns: SlotColumns): Slots {
  const all: Slots = { slots: [], separators: [] };
  for (const { slots, separators } of slotsOfCells(cells, columns)) {
    if (all.slots.length > 0) all.separators.push(',');
    for (const slot of slots) all.slots.push(slot); // a row may have too many for arguments of a call
    for (const separator of separators) all.separators.push(marksOf(separator));
  }
  return all;
}

/**
 * The slots of a row, cell by cell, up to the last cell that is not empty. An empty cell before that
 * is an empty slot.
 */
export function slotsOfCells(cells: string[], { images, spill, grammar }: SlotColumns): CellSlots[] {
  const spilled = spill === undefined ? [] : cells.keys().filter((column) => column >= spill);
  const columns = [...images, ...spilled];
  const textOf = (column: number): string => trimmed(cells[column] ?? '', grammar);
  const used = columns.slice(0, columns.findLastIndex((column) => textOf(column) !== '') + 1);
  return used.map((column) => slotsOfText(textOf(column), column, grammar));
}

function trimmed(cell: string, grammar: SlotColumns['grammar']): string {
  const text = cell.trim();
  if (grammar === undefined || text === '') return text;
  let [from, to] = [0, text.length];
  const isNothing = (at: number): boolean => text.charCodeAt(at) > 0x7f && UNSEEN.test(text.charAt(at));
  while (from < to && isNothing(from)) from += 1;
  while (to > from && isNothing(to - 1)) to -= 1;
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
const MARK = /(?:(?<![ \t])[ \t]+)?[,;|，；、｜،][ \t]*/g; // spaces are tried from their first one only

function marksOf(separator: string): string {
  if (ONLY_MARKS.test(separator)) return separator;
  const mark = separator.replaceAll(ENTITY, ' ').match(MARK)?.at(-1);
  return mark ?? (separator.includes('\n') ? '\n' : ',');
}

/**
 * A cell with other content in the same slots, and the same separators. White space and words show no
 * empty slot, so where there is one a comma stands instead.
 */
export function joinSlots(slots: string[], separators: string[]): string {
  const hasEmpty = slots.includes('');
  const shown = (separator = ''): string => (hasEmpty && SHOWS_NOTHING.test(separator) ? ',' : separator);
  return slots.map((slot, i) => slot + (i < slots.length - 1 ? shown(separators[i]) : '')).join('');
}

const SHOWS_NOTHING = /^[^,;|，；、｜،"'<>]*$/;

/** As joinSlots, with what stood before and after them in the cell; without any content there is no need of it. */
export function rewritten({ slots, separators, before, after }: CellSlots): string {
  const isNothing = slots.every((slot) => slot === '');
  return isNothing
    ? joinSlots(slots, separators.map(marksOf))
    : before + joinSlots(slots, separators) + after;
}
