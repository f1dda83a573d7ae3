import { MAX_URL_CHARACTERS } from '../csv/cells/address.ts';
import type { BesideCell } from '../csv/records.ts';
import type { AddressFormula, CellReference } from './references.ts';

type Row = { cells: readonly string[]; plain: ReadonlyMap<number, string>; lacking: ReadonlySet<number> };

const KEPT_LINES = 20; // in which a part that all addresses share may stand

/**
 * Computes addresses from the cells that their formulas name, as far as these have been read: those of the same row,
 * and of the first rows of the sheet.
 */
export class AddressCells {
  readonly #first = new Map<number, Row>();
  #plain = new Map<number, string>();
  #formulas: { column: number; address: AddressFormula }[] = [];

  /** @param plain the number of a cell whose format shows another text: `&` joins numbers without their formats */
  addPlain(column: number, plain: string): void {
    this.#plain.set(column, plain);
  }

  addFormula(column: number, address: AddressFormula): void {
    this.#formulas.push({ column, address });
  }

  /** Ends the row of a line. @param beside of its cells @returns the addresses of its formulas, or that they lack one */
  end(line: number, cells: readonly string[], beside: readonly BesideCell[]): BesideCell[] {
    if (this.#formulas.length === 0 && line > KEPT_LINES && this.#plain.size === 0) return [];
    const lacking = new Set(beside.flatMap((each) => ('lacks' in each ? each.column : [])));
    for (const { column } of this.#formulas) lacking.add(column);
    const row = { cells, plain: this.#plain, lacking };
    const found = this.#formulas.flatMap(({ column, address }) => this.#found(column, address, line, row));
    if (line <= KEPT_LINES) this.#first.set(line, { ...row, cells: cells.map(shortened) });
    this.#formulas = [];
    this.#plain = new Map();
    return found;
  }

  #found(column: number, address: AddressFormula, line: number, row: Row): BesideCell[] {
    const texts = address.map((operand) =>
      typeof operand === 'string'
        ? operand
        : textAt(operand, operand.line === line ? row : this.#first.get(operand.line)),
    );
    const characters = texts.reduce((sum, text = '') => sum + text.length, 0);
    if (characters === 0 && !texts.includes(undefined)) return []; // as an empty cell
    const isWhole = texts.every(
      (text, i) => text !== undefined && (text !== '' || typeof address[i] === 'string'),
    );
    // Cells with long texts may be joined in each cell of a sheet: such a link must not come to be.
    const isAddress = isWhole && characters <= MAX_URL_CHARACTERS;
    return [isAddress ? { column, link: texts.join('') } : { column, lacks: 'address' }];
  }
}

/** Undefined where it is not known. */
function textAt({ column }: CellReference, row: Row | undefined): string | undefined {
  if (!row || row.lacking.has(column)) return undefined;
  return row.plain.get(column) ?? row.cells[column] ?? '';
}

function shortened(cell: string): string {
  return cell.length > MAX_URL_CHARACTERS ? '' : cell;
}
