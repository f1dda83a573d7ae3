import type { Flaw } from '../../errors.ts';
import type { SlotColumns } from '../cells/slots.ts';
import type { TableRow } from '../records.ts';
import { type Columns, isOurColumn } from './columns.ts';
import { type AddressRules, holdsImages } from './image-cells.ts';

const SHORTEST = 5; // a.jpg

/** Watches for columns that hold image URLs but have no role, while rows are read. */
export class UnreadColumns {
  readonly #header: string[];
  readonly #rules: AddressRules;
  readonly #warnings: Flaw[] = [];
  #watched: number[];

  constructor(header: string[], columns: Columns & SlotColumns, rules: AddressRules) {
    const { images, sku, spill = Infinity, grammar: _, ...others } = columns; // the grammar is not a column
    const read = new Set([...images, ...sku, ...Object.values(others)]);
    this.#header = header;
    this.#rules = rules;
    this.#watched = [...header.keys()].filter(
      (i) => i < spill && !read.has(i) && !isOurColumn(header[i] ?? ''),
    );
  }

  look({ cells, line }: TableRow): void {
    for (const i of this.#watched) {
      const cell = cells[i] ?? '';
      const name = this.#header[i] ?? '';
      if (cell.length < SHORTEST || !holdsImages(cell, name, this.#rules)) continue;
      this.#watched = this.#watched.filter((other) => other !== i);
      this.#warnings.push(unread(name.trim(), { line, column: i + 1, cell }));
    }
  }

  /** One per column, in the order of the columns. */
  warnings(): Flaw[] {
    return this.#warnings.toSorted((a, b) => (a.column ?? 0) - (b.column ?? 0));
  }
}

function unread(name: string, { line, column, cell }: { line: number; column: number; cell: string }): Flaw {
  const shown = cell.trim().length > 80 ? `${cell.trim().slice(0, 77)}…` : cell.trim();
  const called = name === '' ? `Column ${column}, which has no name,` : `The column "${name.slice(0, 40)}"`;
  const detail = `${called} holds image URLs (${shown}) and is not read. To read it, add its name to columns={"images":[…]}; otherwise ignore this warning.`;
  return { line, column, code: 'unread_image_column', detail };
}
