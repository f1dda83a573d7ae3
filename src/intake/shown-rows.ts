import type { Flaw } from '../errors.ts';
import type { TableRow } from '../csv/records.ts';
import { MAX_FLAWS } from './flaw-list.ts';
import type { CheckedRow } from './rows.ts';

/** A problem of a row. `index`: of its cell, from 0; null: of the row as a whole. */
export type ShownProblem = { index: number | null; level: 'error' | 'warning'; code: string; detail: string };

/** A row as it stands in the file. Rows that are not shown between two others are counted by their numbers. */
export type ShownRow = { row: number; line: number; cells: string[]; problems: ShownProblem[] };

const FIRST_ROWS = 20;
const MAX_CELL_CHARACTERS = 200;
const MAX_CELLS = 250; // a header has 200 at most
/** How many characters of cells are kept of rows with errors, and of rows with warnings only. */
const MAX_CHARACTERS = 2 ** 21;

/**
 * The first 20 rows, and the rows with the first 1,000 errors and the first 1,000 warnings. Many wide rows with
 * problems are shown without their cells, so that memory stays bounded.
 */
export class ShownRows {
  readonly rows: ShownRow[] = [];
  readonly #room = { error: MAX_FLAWS, warning: MAX_FLAWS };
  readonly #characters = { error: MAX_CHARACTERS, warning: MAX_CHARACTERS };

  add({ product: { line, cells }, errors, warnings }: CheckedRow, row: number): void {
    const isFirst = row <= FIRST_ROWS;
    if (!isFirst && errors.length + warnings.length === 0) return;
    const problems = [...this.#taken(errors, 'error'), ...this.#taken(warnings, 'warning')];
    if (!isFirst && problems.length === 0) return;
    this.rows.push({
      row,
      line,
      cells: isFirst ? shownCells(cells) : this.#cells(cells, problems),
      problems,
    });
  }

  /** Adds rows that are not read as products, because no column holds images. */
  addUnread(rows: TableRow[]): void {
    for (const [i, { line, cells }] of rows.slice(0, FIRST_ROWS).entries())
      this.rows.push({ row: i + 1, line, cells: shownCells(cells), problems: [] });
  }

  #taken(flaws: Flaw[], level: ShownProblem['level']): ShownProblem[] {
    const taken = flaws.slice(0, this.#room[level]);
    this.#room[level] -= taken.length;
    return taken.map(({ column, code, detail }) => ({
      index: column === undefined ? null : column - 1,
      level,
      code,
      detail: detached(detail),
    }));
  }

  #cells(cells: string[], problems: ShownProblem[]): string[] {
    const level = problems[0]?.level ?? 'warning';
    const shown = this.#characters[level] > 0 ? shownCells(cells) : [];
    this.#characters[level] -= shown.reduce((sum, cell) => sum + cell.length, 0);
    return shown;
  }
}

function shownCells(cells: string[]): string[] {
  return cells.slice(0, MAX_CELLS).map((cell) => detached(cut(cell)));
}

/** The beginning of a cell, never half of a surrogate pair. */
function cut(cell: string): string {
  if (cell.length <= MAX_CELL_CHARACTERS) return cell;
  return `${cell.slice(0, MAX_CELL_CHARACTERS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A copy: a part of a string would keep the whole chunk of the file in memory (V8 sliced strings). */
function detached(text: string): string {
  return Buffer.from(text).toString();
}
