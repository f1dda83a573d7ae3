/**
 * The slots of a row: its URLs in sequence, '' for an empty place, with what stood between them.
 * `separators` is one shorter than `slots`, and both are empty when the row names no image.
 */
export type Slots = { slots: string[]; separators: string[] };

// A URL may hold commas and other URLs, so only what stands before the next one's scheme separates.
const BEFORE_URL = /(?:\s*[,|])+\s*(?=https?:\/\/)|\s+(?=https?:\/\/)/gi;
const AT_COMMAS = /\s*[,|]\s*|\s*\n\s*/g;
const TRAILING = /(?:\s*[,|])+$/;

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
    all.slots.push(...slots);
    all.separators.push(...separators);
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

/** The slots of a cell that is not empty: URLs with comma, bar or white space between them, or file names with commas. */
function slotsOfCell(cell: string): Slots {
  const text = cell.trim();
  const isUrls = /https?:\/\//i.test(text);
  const result: Slots = { slots: [], separators: [] };
  const trailing = (isUrls && TRAILING.exec(text)?.[0]) || '';
  const body = text.slice(0, text.length - trailing.length);
  let from = 0;
  for (const match of body.matchAll(isUrls ? BEFORE_URL : AT_COMMAS)) {
    add(result, body.slice(from, match.index), match[0]);
    from = match.index + match[0].length;
  }
  result.slots.push(body.slice(from));
  for (const mark of trailing.match(/\s*[,|]/g) ?? []) {
    result.separators.push(mark);
    result.slots.push('');
  }
  return result;
}

/** A slot and what stands after it; of several commas in a row each but the last is followed by an empty slot. */
function add(result: Slots, slot: string, separator: string): void {
  const [first = separator, ...more] = separator.match(/\s*[,|]\s*/g) ?? [separator];
  result.slots.push(slot);
  result.separators.push(first);
  for (const mark of more) {
    result.slots.push('');
    result.separators.push(mark);
  }
}

/** A cell with other content in the same slots, and the same separators. */
export function joinSlots(slots: string[], separators: string[]): string {
  return slots.map((slot, i) => slot + (separators[i] ?? '')).join('');
}
