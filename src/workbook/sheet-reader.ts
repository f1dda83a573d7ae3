import { MAX_COLUMNS } from '../csv/header/header.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import type { BesideCell, TableRow } from '../csv/records.ts';
import { AddressCells } from './address-cells.ts';
import { type CellParts, CellReader } from './cell-reader.ts';
import { columnOf, LAST_ROW, lettersOf } from './references.ts';
import type { Attributes, XmlHandler } from './xml.ts';

export type RowParts = CellParts & {
  /** links and pictures of cells that are not said in the cell itself, by row */
  beside: ReadonlyMap<number, BesideCell[]>[];
};

const MAX_ROW_CHARACTERS = 2 ** 20; // as in a CSV: failed.csv reads 100 rows at a time

/** Collects the rows of a sheet while its XML is parsed. */
export class SheetReader implements XmlHandler {
  readonly #cell: CellReader;
  readonly #besides: RowParts['beside'];
  readonly #addresses = new AddressCells();
  #rows: TableRow[] = [];
  #isInRows = false;
  #isOver = false;
  /** of the row that is read, from 1 */
  #line = 0;
  #cells: string[] = [];
  #characters = 0;
  #beside: BesideCell[] = [];
  #column = -1;
  #isInCell = false;
  #width = 0;

  constructor(parts: RowParts) {
    this.#cell = new CellReader(parts);
    this.#besides = parts.beside;
  }

  /** Whether all rows were read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The rows that are complete. */
  take(): TableRow[] {
    const rows = this.#rows;
    if (rows.length > 0) this.#rows = [];
    return rows;
  }

  open(name: string, attributes: Attributes): void {
    if (this.#isInCell) this.#cell.open(name, attributes);
    else if (name === 'c' && this.#isInRows) this.#beginCell(attributes);
    else if (name === 'row' && this.#isInRows) this.#beginRow(attributes);
    else if (name === 'sheetData') this.#isInRows = true;
  }

  text(text: string): void {
    if (this.#isInCell) this.#cell.add(text);
  }

  close(name: string): void {
    if (name === 'c' && this.#isInCell) this.#endCell();
    else if (this.#isInCell) this.#cell.close(name);
    else if (name === 'row' && this.#isInRows) this.#endRow();
    else if (name === 'sheetData' || name === 'worksheet') {
      this.#isInRows = false;
      this.#isOver = true;
    }
  }

  #beginRow({ r }: Attributes): void {
    const line = r === undefined ? this.#line + 1 : Number(r);
    if (!Number.isInteger(line) || line <= this.#line)
      throw invalidFile('xml_invalid', `The rows of the sheet are not in order.`, Math.max(1, this.#line));
    if (line > LAST_ROW)
      throw invalidFile('file_too_complex', `The sheet has more than ${LAST_ROW} rows.`, LAST_ROW);
    this.#line = line;
    this.#cells = [];
    this.#beside = [];
    this.#characters = 0;
    this.#column = -1;
  }

  #beginCell(attributes: Attributes): void {
    const { r } = attributes;
    this.#column = (r === undefined ? undefined : columnOf(r)) ?? this.#column + 1;
    this.#isInCell = true;
    this.#cell.begin(attributes, this.#line);
  }

  #endCell(): void {
    this.#isInCell = false;
    const { text, plain, beside, address } = this.#cell.end(this.#column);
    const isEmpty = text === '' && (!beside || 'lacks' in beside);
    if (isEmpty && ((!beside && !address) || this.#column >= MAX_COLUMNS)) return; // it has a format only
    if (this.#column >= MAX_COLUMNS)
      throw invalidFile(
        'too_many_columns',
        `The sheet has something in column ${lettersOf(this.#column)}; at most ${MAX_COLUMNS} columns are allowed.`,
        this.#line,
      );
    this.#count(text);
    this.#put(this.#column, text);
    if (plain !== undefined) this.#addresses.addPlain(this.#column, plain);
    if (address) this.#addresses.addFormula(this.#column, address);
    if (beside) this.#beside.push(beside);
  }

  #count(text: string): void {
    this.#characters += text.length;
    if (this.#characters > MAX_ROW_CHARACTERS)
      throw invalidFile('row_too_long', 'The row has more than 1 million characters.', this.#line);
  }

  #put(column: number, text: string): void {
    const cells = this.#cells;
    while (cells.length < column) cells.push('');
    cells[column] = text;
  }

  #endRow(): void {
    const cells = this.#cells;
    this.#beside.push(...this.#addresses.end(this.#line, cells, this.#beside));
    for (const each of this.#besides) {
      const ofRow = each.get(this.#line);
      if (ofRow) this.#beside.push(...ofRow.slice(0, MAX_COLUMNS));
    }
    for (const each of this.#beside)
      this.#count('link' in each ? each.link : 'part' in each ? each.part : '');
    const isProduct = this.#beside.some(
      (each) => 'part' in each || ('lacks' in each && each.lacks === 'value'),
    );
    if (!isProduct && cells.every((cell) => cell.trim() === '')) return;
    this.#width = Math.max(this.#width, cells.length);
    if (this.#width > 0) this.#put(this.#width - 1, cells[this.#width - 1] ?? '');
    const row = { line: this.#line, cells };
    this.#rows.push(this.#beside.length > 0 ? { ...row, beside: this.#beside } : row);
  }
}
