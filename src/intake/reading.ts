import { createHash } from 'node:crypto';
import { type Flaw, Problem } from '../errors.ts';
import { tooLarge } from './bodies.ts';
import type { ColumnMapping, Columns } from '../csv/header/columns.ts';
import { invalidFile } from '../csv/decode.ts';
import { unescapeFormula } from '../csv/formulas.ts';
import { type RowOptionRole, type DoubtRules, watchChoices } from './doubtful-columns.ts';
import { findHeader, type FoundHeader } from '../csv/header/find-header.ts';
import { watchUnread, withoutOtherCells } from '../csv/header/image-cells.ts';
import { noImageColumn } from '../csv/header/proposal.ts';
import { type CheckedRow, checkRow } from './rows.ts';
import { GRAMMAR, type SlotColumns } from '../csv/cells/slots.ts';
import type { TableRow } from '../csv/records.ts';
import { readTable, type Table } from '../csv/table.ts';
import type { TableFormat } from '../csv/table-format.ts';
import { endsWithLineEnd, layoutOf } from '../csv/file-layout.ts';

/** How an upload is to be read. */
export type ReadingRules = {
  maxBytes: number;
  /** Whether a slot without a scheme is the path of a file: `minilab process` only. */
  allowPaths: boolean;
  /** names that the column Preset may hold */
  presets: ReadonlySet<string>;
  leastSide?: DoubtRules['leastSide'];
  mapping?: ColumnMapping | undefined;
  /** the physical line of the header, where the user says it */
  headerLine?: number | undefined;
  charset?: string | undefined;
  /** what becomes of warnings; they stay what they are if it is left out */
  warningsAre?: 'warnings' | 'errors' | undefined;
};

/** What an upload says, and everything that is wrong with it. */
export type Reading = {
  /** missing where the header cannot be used */
  format: TableFormat | undefined;
  encoding: string | undefined;
  header: string[];
  /** the physical line where it stands */
  headerLine: number | undefined;
  /** what rows may not choose after all, see watchChoices */
  unmeant: RowOptionRole[];
  rows: number;
  /** rows that have an error */
  badRows: number;
  errors: FlawList;
  warnings: FlawList;
  /** whether it could be read to its end; if not, no row of it can be used */
  isWhole: boolean;
  bytes: number;
  sha256: Buffer;
};

/** Gets each row once, in order. */
export type RowTaker = (row: CheckedRow, rowNumber: number) => Promise<void> | void;

/**
 * Reads and checks an upload as it arrives, to its end, whatever is wrong with its rows. Acceptance and
 * preview both go through here.
 * @throws Problem `payload_too_large`
 */
export async function readUpload(
  chunks: AsyncIterable<Buffer>,
  rules: ReadingRules,
  take: RowTaker,
): Promise<Reading> {
  const meter = measured(chunks, rules.maxBytes);
  const reading: ReadingSoFar = {
    ...{ format: undefined, encoding: undefined, header: [], headerLine: undefined },
    ...{ unmeant: [], rows: 0, badRows: 0 },
    ...{ errors: new FlawList(), warnings: new FlawList(), isWhole: false },
  };
  try {
    const table = await readTable(meter.chunks, rules.charset, true);
    reading.encoding = table.form.encoding;
    await readRows(table, reading, rules, take);
  } catch (error) {
    reading.isWhole = false;
    reading.errors.add(flawsOfFile(error));
  }
  for await (const chunk of meter.chunks) void chunk; // the rest of a file that cannot be read
  const { bytes, sha256, end } = meter.result();
  if (reading.format?.written) reading.format.written.lastLineEnds = endsWithLineEnd(end, reading.encoding);
  return { ...reading, bytes, sha256 };
}

type ReadingSoFar = Omit<Reading, 'bytes' | 'sha256'>;

const ROWS_LOOKED_AT = 100;
const CHARACTERS_LOOKED_AT = 2 ** 20; // a row may have as many

async function readRows(
  table: Table,
  reading: ReadingSoFar,
  rules: ReadingRules,
  take: RowTaker,
): Promise<void> {
  const judged = rules.warningsAre === 'errors' ? strictly : asTheyAre;
  const records = await firstOf(table.rows);
  if (records.length === 0) throw invalidFile('empty_file', 'The file has no rows.');
  const head = findHeader(records, rules);
  const { names, errors, warnings } = head.header;
  Object.assign(reading, { header: names, headerLine: head.record.line });
  const ofHeader = judged({ errors, warnings: [...head.warnings, ...warnings] });
  note(reading, ofHeader);
  const columns = { ...columnsOf(head, records, rules), grammar: GRAMMAR } as const;
  const { delimiter, form } = table;
  reading.format = {
    ...{ delimiter, bom: form.bom, header: names, columns },
    written: layoutOf(table, head),
  };
  const ofColumns = await readProducts({ head, table, columns }, reading, rules, take);
  if (reading.rows === 0)
    throw invalidFile('no_rows', 'The file has a header and no rows.', head.record.line);
  const told = judged({ errors: [], warnings: ofColumns });
  reading.errors.addFirst(told.errors);
  reading.warnings.addFirst(told.warnings);
  reading.isWhole = ofHeader.errors.length === 0 && told.errors.length === 0;
}

/** @returns warnings about whole columns, which are known at the end only */
async function readProducts(
  { head, table, columns }: { head: FoundHeader; table: Table; columns: Columns & SlotColumns },
  reading: ReadingSoFar,
  rules: ReadingRules,
  take: RowTaker,
): Promise<Flaw[]> {
  const judged = rules.warningsAre === 'errors' ? strictly : asTheyAre;
  const { names } = head.header;
  const choices = watchChoices({ names, columns, mapping: rules.mapping }, rules, head.products);
  const unread = rules.mapping?.images === undefined ? watchUnread(names, columns, rules) : undefined;
  const isOutput = names.some((name) => /^\s*output image urls\s*$/i.test(name)); // its apostrophes are ours
  const rowRules = { ...rules, columns, header: names };
  const readRow = ({ line, cells, quoted }: TableRow): Promise<void> | void => {
    reading.rows += 1;
    const read = { line, cells: cells.map(unescapeFormula) };
    choices.look(read);
    unread?.look(read);
    const row = judged(checkRow(read, rowRules));
    if (!isOutput) row.product.cells = cells;
    row.product.quoted = quoted;
    note(reading, row);
    if (row.errors.length > 0) reading.badRows += 1;
    return take(row, reading.rows);
  };
  for (const row of head.products) await readRow(row);
  for await (const row of table.rows) await readRow(row);
  reading.unmeant = choices.unmeant();
  return [...choices.warnings(), ...(unread?.warnings() ?? [])];
}

/** @throws Problem `csv_invalid` where no column holds images */
function columnsOf(
  { header, record, products }: FoundHeader,
  records: TableRow[],
  rules: ReadingRules,
): Columns {
  if (header.columns) {
    if (rules.mapping?.images !== undefined) return header.columns;
    return withoutOtherCells(header.columns, products);
  }
  const flaws = header.errors.length > 0 ? [] : [noImageColumn(records, record, rules)];
  throw new Problem('csv_invalid', { detail: 'The header cannot be used.', flaws });
}

async function firstOf(rows: AsyncGenerator<TableRow>): Promise<TableRow[]> {
  const first: TableRow[] = [];
  let characters = 0;
  while (first.length < ROWS_LOOKED_AT && characters < CHARACTERS_LOOKED_AT) {
    const { value, done } = await rows.next();
    if (done) break;
    first.push(value);
    characters += value.cells.reduce((sum, cell) => sum + cell.length, 0);
  }
  return first;
}

function note(reading: ReadingSoFar, { errors, warnings }: Flawed): void {
  reading.errors.add(errors);
  reading.warnings.add(warnings);
}

type Flawed = { errors: Flaw[]; warnings: Flaw[] };

function strictly<T extends Flawed>(judged: T): T {
  return { ...judged, errors: [...judged.errors, ...judged.warnings], warnings: [] };
}

function asTheyAre<T extends Flawed>(judged: T): T {
  return judged;
}

/**
 * Counts and hashes what passes, keeps its last two bytes, and stops an upload that is too large.
 * @throws Problem `payload_too_large`, from the generator
 */
export function measured(chunks: AsyncIterable<Buffer>, maxBytes: number) {
  const hash = createHash('sha256');
  let bytes = 0;
  let end: Buffer = Buffer.alloc(0);
  async function* pass(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      if (chunk.length > 0) end = Buffer.concat([end, chunk.subarray(-2)]).subarray(-2);
      yield chunk;
    }
  }
  return { chunks: pass(), result: () => ({ bytes, sha256: hash.digest(), end }) };
}

/** What makes the rest of a file unreadable is one more flaw of it. */
function flawsOfFile(error: unknown): Flaw[] {
  if (!(error instanceof Problem) || error.code !== 'csv_invalid') throw error;
  return error.flaws.filter((flaw) => 'line' in flaw);
}

const MAX_FLAWS_TOLD = 1_000;

/** The first flaws, and how many there are. */
class FlawList {
  readonly first: Flaw[] = [];
  count = 0;

  add(flaws: readonly Flaw[]): void {
    this.count += flaws.length;
    for (const flaw of flaws.slice(0, MAX_FLAWS_TOLD - this.first.length)) this.first.push(ofItsOwn(flaw));
  }

  /** Those of whole columns, before those of a thousand rows. */
  addFirst(flaws: readonly Flaw[]): void {
    this.count += flaws.length;
    this.first.unshift(...flaws.map(ofItsOwn));
    this.first.splice(MAX_FLAWS_TOLD);
  }
}

/** A sentence that quotes a cell would keep the whole piece of the file in memory from which it was cut. */
function ofItsOwn(flaw: Flaw): Flaw {
  return { ...flaw, detail: Buffer.from(flaw.detail).toString() };
}
