/** The rows of output.csv and failed.csv, made from the rows of the input. */
import type { TableFormat } from '../csv/table-format.ts';
import { isOurColumn } from '../csv/header/columns.ts';
import { unescapeFormula } from '../csv/formulas.ts';
import { type CellSlots, joinSlots, rewritten, slotsOfCells, slotsOfRow } from '../csv/cells/slots.ts';
import type { PublicImageState } from '../images/image.ts';
import { filesOf } from './files.ts';
import type { BatchResults, ProductResult } from './results.queries.ts';

export type OutputTable = {
  header: string[];
  /** @param links of the product's files, in the order of `filesOf`; '' for a file that does not exist */
  row(product: ProductResult, links: string[]): string[];
};

/**
 * The input's columns, then `Output Image Urls` for the first renditions, `Output Image Urls (NAME)` for
 * each further one, `Status` and `Errors`. Input columns with these names are dropped, because people upload
 * an output.csv again.
 */
export function columnsTable(results: BatchResults): OutputTable {
  const { format, recipes } = results;
  const { header, columns } = format;
  // The first rendition of each recipe goes into the first column whatever its name, the others by name.
  const further = [
    ...new Set(recipes.flatMap(({ renditions }) => renditions.slice(1).map(({ name }) => name))),
  ];
  const kept = header.flatMap((name, i) => (isOurColumn(name) && !columns.images.includes(i) ? [] : [i]));
  return {
    header: [
      ...kept.map((i) => header[i] ?? ''),
      'Output Image Urls',
      ...further.map((name) => `Output Image Urls (${name})`),
      'Status',
      'Errors',
    ],
    row(product, links) {
      const cells = product.cells.map(unescapeFormula);
      const { slots, separators } = slotsOfRow(cells, columns);
      const outputs = [undefined, ...further].map(() => slots.map(() => ''));
      for (const [i, { position, rendition, ordinal }] of filesOf(results, product).entries()) {
        const column = outputs[ordinal === 0 ? 0 : further.indexOf(rendition) + 1];
        if (column) column[position - 1] = links[i] ?? '';
      }
      const input = unspilled(cells, format);
      return [
        ...kept.map((i) => input[i] ?? ''),
        ...outputs.map((urls) => joinSlots(urls, separators)),
        statusOf(product),
        errorsOf(product),
      ];
    },
  };
}

export type OnFailed = 'blank' | 'source';

/**
 * A row with the first renditions in place of their sources, and all other cells unchanged, so that it can
 * be imported into a shop directly.
 * @param onFailed what a slot without an output holds
 */
export function replaced(
  results: BatchResults,
  product: ProductResult,
  links: string[],
  onFailed: OnFailed,
): string[] {
  const urls = new Map<number, string>();
  for (const [i, { position, ordinal }] of filesOf(results, product).entries())
    if (ordinal === 0) urls.set(position, links[i] ?? '');
  let position = 0;
  const output = (source: string): string => {
    position += 1;
    return urls.get(position) || (onFailed === 'source' ? source : '');
  };
  const read = slotsOfCells(product.cells.map(unescapeFormula), results.format.columns);
  const made = read.map((cell) => ({ ...cell, slots: cell.slots.map(output) }));
  const changed = made.filter(({ slots }, i) => slots.some((slot, at) => slot !== read[i]?.slots[at]));
  if (changed.length === 0) return product.cells;
  return withSlots(product.cells, hasSpilled(made, results.format) ? made : changed, results.format);
}

/** The row, with URLs that spilled over into further cells joined in the last URL column. */
function unspilled(cells: string[], format: TableFormat): string[] {
  const { images, spill } = format.columns;
  if (spill === undefined || cells.slice(spill).every((cell) => cell.trim() === '')) return cells;
  const last = images.at(-1);
  const moved = slotsOfCells(cells, format.columns).filter(
    ({ column }) => column === last || !images.includes(column),
  );
  return withSlots(cells, moved, format);
}

/**
 * Like `unspilled`, for cells as they are in the file. A row that would then be read differently, because
 * one of its cells holds no URL for example, stays unchanged.
 */
export function correctable(cells: string[], format: TableFormat): string[] {
  const row = unspilled(cells, format);
  if (row === cells) return cells;
  const before = slotsOfRow(cells, format.columns).slots;
  const after = slotsOfRow(row, format.columns).slots;
  return before.length === after.length && before.every((slot, i) => slot === after[i]) ? row : cells;
}

/** Writes slots into a row. Slots of spilled cells go into the last URL column. */
function withSlots(cells: string[], slotCells: CellSlots[], { header, columns }: TableFormat): string[] {
  const own = cells.slice(0, columns.spill);
  const row = hasSpilled(slotCells, { columns }) ? header.map((_, i) => own[i] ?? '') : [...cells];
  const last = columns.images.at(-1) ?? 0;
  for (const cell of slotCells) {
    const { column } = cell;
    const text = rewritten(cell);
    if (columns.images.includes(column)) row[column] = text;
    else row[last] += `,${text}`;
  }
  return row;
}

function hasSpilled(slotCells: CellSlots[], { columns }: Pick<TableFormat, 'columns'>): boolean {
  return slotCells.some(({ column }) => !columns.images.includes(column));
}

function statusOf({ images, flaws }: ProductResult): string {
  if (flaws.length > 0) return 'failed';
  const count = (state: PublicImageState): number => images.filter((image) => image.state === state).length;
  const completed = count('completed');
  const failed = count('failed');
  const cancelled = count('cancelled');
  if (completed === images.length) return 'completed';
  if (completed + failed + cancelled < images.length) return 'pending';
  if (completed > 0) return 'partial';
  return failed > 0 ? 'failed' : 'cancelled';
}

/** `position:code` of failed images; for a rejected row without images, `row:code` of its flaws. */
function errorsOf({ images, flaws }: ProductResult): string {
  const ofImages = images.flatMap(({ position, errorCode }) =>
    errorCode ? [`${position}:${errorCode}`] : [],
  );
  const ofRow = images.length === 0 ? [...new Set(flaws.map(({ code }) => `row:${code}`))] : [];
  return [...ofImages, ...ofRow].join('; ');
}
