import type { SlotColumns } from '../csv/cells/slots.ts';
import { unescapeFormula } from '../csv/formulas.ts';
import type { Columns } from '../csv/header/columns.ts';
import type { FoundHeader } from '../csv/header/find-header.ts';
import { UnreadColumns } from '../csv/header/unread-columns.ts';
import type { TableRow } from '../csv/records.ts';
import { DoubtfulColumns } from './doubtful-columns.ts';
import { isWithoutContent } from './beside-flaws.ts';
import {
  type Flawed,
  judged,
  note,
  type ReadingRules,
  type ReadingSoFar,
  type RowHandler,
} from './reading.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import { checkRow, type RowRules } from './rows.ts';
import type { TablePictures } from '../csv/table-pictures.ts';

type RowReaderParts = {
  found: FoundHeader;
  /** DoubtfulColumns takes columns out of it. */
  columns: Columns & SlotColumns;
  rules: ReadingRules;
  reading: ReadingSoFar;
  handle: RowHandler;
  /** those that came with the table */
  pictures?: TablePictures | undefined;
};

/** Checks the rows below the header one by one, notes their flaws in a reading, and hands them on. */
export class RowReader {
  readonly #rules: ReadingRules;
  readonly #reading: ReadingSoFar;
  readonly #handle: RowHandler;
  readonly #rowRules: RowRules;
  readonly #pictures: TablePictures | undefined;
  readonly #doubtful: DoubtfulColumns;
  readonly #unread: UnreadColumns | undefined;
  readonly #isOurOutput: boolean;

  constructor({ found, columns, rules, reading, handle, pictures }: RowReaderParts) {
    const { names } = found.header;
    const { mapping } = rules;
    this.#rules = rules;
    this.#reading = reading;
    this.#handle = handle;
    this.#pictures = pictures;
    this.#rowRules = { ...rules, columns, header: names, pictures };
    const holdsPaths = { ...rules, allowPaths: rules.allowPaths || pictures !== undefined };
    this.#doubtful = new DoubtfulColumns({ names, columns, mapping }, holdsPaths, found.products);
    this.#unread = mapping?.images === undefined ? new UnreadColumns(names, columns, holdsPaths) : undefined;
    this.#isOurOutput = names.some((name) => /^\s*output image urls\s*$/i.test(name));
  }

  /** Returns a promise only if the handler does: a promise for each of a million rows costs a second. */
  read(read: TableRow): Promise<void> | void {
    if (isWithoutContent(read, this.#rowRules.columns)) return;
    if (read.cells.length > MAX_CELLS) throw tooManyCells(read);
    const { line, cells, quoted, beside } = read;
    const reading = this.#reading;
    reading.rows += 1;
    const unescaped = { line, cells: cells.map(unescapeFormula), ...(beside && { beside }) };
    this.#doubtful.look(unescaped);
    this.#unread?.look(unescaped);
    const row = judged(checkRow(unescaped, this.#rowRules), this.#rules);
    if (!this.#isOurOutput) row.product.cells = cells; // apostrophes are the user's own, not escapeFormula's
    row.product.quoted = quoted;
    note(reading, row);
    if (row.errors.length > 0) reading.badRows += 1;
    return this.#handle(row, reading.rows);
  }

  /** Notes the warnings about whole columns, which only the last row completes. */
  finish(): Flawed {
    const ofPictures = (this.#pictures?.warnings() ?? []).map(({ code, detail }) => ({
      line: 1,
      code,
      detail,
    }));
    const warnings = [...this.#doubtful.warnings, ...(this.#unread?.warnings() ?? []), ...ofPictures];
    const ofColumns = judged({ errors: [], warnings }, this.#rules);
    this.#reading.unmeant = this.#doubtful.unmeant;
    this.#reading.errors.addFirst(ofColumns.errors);
    this.#reading.warnings.addFirst(ofColumns.warnings);
    return ofColumns;
  }
}

/** As many as columns of a workbook. All cells of a row are kept, and a file of commas alone would become one of 3 times its size. */
const MAX_CELLS = 16_384;

function tooManyCells({ line, cells }: TableRow): Error {
  const detail = `The row has ${cells.length} cells; at most ${MAX_CELLS} are allowed. Remove the delimiters at its end.`;
  return invalidFile('too_many_cells', detail, line);
}
