/**
 * The slots of a row: its URLs in sequence, '' for an empty place, with what stood between them.
 * `separators` is one shorter than `slots`, and both are empty when the row names no image.
 */
export type Slots = { slots: string[]; separators: string[] };

/** A longer cell is not split: it is an error, and stays as it is. */
export const MAX_CELL_CHARACTERS = 64 * 1024;

/** The columns that hold URLs; from `spill` on the row's cells may hold more of them. */
export type SlotColumns = { images: number[]; spill?: number | undefined };

/** The slots of one cell, and its column from 0. */
export type CellSlots = Slots & { column: number };

/**
 * The slots of a row. Reading the input and writing the output both go through here, so that their
 * slots are the same. A row with URLs in several cells reads as if commas stood between them.
 */
export function slotsOfRow(cells: string[], columns: SlotColumns): Slots {
  const all: Slots = { slots: [], separators: [] };
  for (const { slots, separators } of slotsOfCells(cells, columns)) {
    if (all.slots.length > 0) all.separators.push(',');
    for (const slot of slots) all.slots.push(slot); // a row may have too many for arguments of a call
    for (const separator of separators) all.separators.push(separator);
  }
  return all;
}

/**
 * The slots of a row, cell by cell, up to the last cell that is not empty. An empty cell before that
 * is an empty slot.
 */
export function slotsOfCells(cells: string[], { images, spill }: SlotColumns): CellSlots[] {
  const spilled = spill === undefined ? [] : cells.keys().filter((column) => column >= spill);
  const columns = [...images, ...spilled];
  const isEmpty = (column: number): boolean => (cells[column] ?? '').trim() === '';
  const used = columns.slice(0, columns.findLastIndex((column) => !isEmpty(column)) + 1);
  return used.map((column) => {
    const { slots, separators } = isEmpty(column) ? EMPTY_CELL : slotsOfCell(cells[column] ?? '');
    return { column, slots, separators };
  });
}

const EMPTY_CELL: Slots = { slots: [''], separators: [] };

/**
 * The slots of a cell that is not empty: URLs with comma, bar or white space between them, or file names
 * with commas, bars or lines. A URL may hold commas and other URLs, so only what stands before the next
 * one's scheme, or at the end, separates. One walk through the cell, whatever it holds.
 */
function slotsOfCell(cell: string): Slots {
  const text = cell.trim();
  if (text.length > MAX_CELL_CHARACTERS) return { slots: [text], separators: [] };
  const isUrls = /https?:\/\//i.test(text);
  const result: Slots = { slots: [], separators: [] };
  let from = 0;
  for (const { index, 0: run } of text.matchAll(/[\s,|]+/g)) {
    const end = index + run.length;
    const hasMark = /[,|]/.test(run);
    const separates = isUrls
      ? beginsUrl(text, end) || (end === text.length && hasMark)
      : hasMark || run.includes('\n');
    if (!separates) continue;
    addSlots(result, text.slice(from, index), separatorsOf(run, hasMark));
    from = end;
  }
  result.slots.push(text.slice(from));
  return result;
}

function beginsUrl(text: string, at: number): boolean {
  URL_AT.lastIndex = at;
  return URL_AT.test(text);
}

const URL_AT = /https?:\/\//iy;

/** White space belongs to the mark before it, or to the first one. */
function separatorsOf(run: string, hasMark: boolean): string[] {
  if (!hasMark) return [run];
  const separators = run.match(/[,|][^,|]*/g) ?? [];
  const space = run.length - separators.reduce((sum, separator) => sum + separator.length, 0);
  return separators.map((separator, i) => (i === 0 ? run.slice(0, space) + separator : separator));
}

/** A slot and what stands after it; of several marks in a row each but the last is followed by an empty slot. */
function addSlots(result: Slots, slot: string, separators: string[]): void {
  for (const [i, separator] of separators.entries()) {
    result.slots.push(i === 0 ? slot : '');
    result.separators.push(separator);
  }
}

/**
 * A cell with other content in the same slots, and the same separators. White space shows no empty slot,
 * so where there is one a comma stands instead.
 */
export function joinSlots(slots: string[], separators: string[]): string {
  const hasEmpty = slots.includes('');
  const shown = (separator = ''): string => (hasEmpty && separator.trim() === '' ? ',' : separator);
  return slots.map((slot, i) => slot + (i < slots.length - 1 ? shown(separators[i]) : '')).join('');
}
