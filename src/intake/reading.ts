import { createHash } from 'node:crypto';
import { type Flaw, Problem } from '../errors.ts';
import { tooLarge } from './bodies.ts';
import type { ColumnMapping, Columns } from './columns.ts';
import { invalidFile } from './decode.ts';
import { unescapeFormula } from './formulas.ts';
import { type Header, noImageColumn, readHeader } from './header.ts';
import { type CheckedRow, checkRow } from './rows.ts';
import { GRAMMAR, type SlotColumns } from './slots.ts';
import type { TableRow } from './records.ts';
import { readTable, type Table } from './table.ts';

/** How an upload is to be read. */
export type ReadingRules = {
  maxBytes: number;
  /** Whether a slot without a scheme is the path of a file: `minilab process` only. */
  allowPaths: boolean;
  /** names that the column Preset may hold */
  presets: ReadonlySet<string>;
  mapping?: ColumnMapping | undefined;
  charset?: string | undefined;
  /** what becomes of warnings; they stay what they are if it is left out */
  warningsAre?: 'warnings' | 'errors' | undefined;
};

/** How the CSV was written and what its columns mean: enough to write the same table again. */
export type TableFormat = {
  delimiter: string;
  bom: boolean;
  header: string[];
  columns: Columns & SlotColumns;
};

/** What an upload says, and everything that is wrong with it. */
export type Reading = {
  /** missing where the header cannot be used */
  format: TableFormat | undefined;
  encoding: string | undefined;
  header: string[];
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
  const reading: Omit<Reading, 'bytes' | 'sha256'> = {
    ...{ format: undefined, encoding: undefined, header: [], rows: 0, badRows: 0 },
    ...{ errors: new FlawList(), warnings: new FlawList(), isWhole: false },
  };
  try {
    const table = await readTable(meter.chunks, rules.charset);
    reading.encoding = table.form.encoding;
    await readRows(table, reading, rules, take);
  } catch (error) {
    reading.isWhole = false;
    reading.errors.add(flawsOfFile(error));
  }
  for await (const chunk of meter.chunks) void chunk; // the rest of a file that cannot be read
  return { ...reading, ...meter.result() };
}

async function readRows(
  table: Table,
  reading: Omit<Reading, 'bytes' | 'sha256'>,
  rules: ReadingRules,
  take: RowTaker,
): Promise<void> {
  const judged = rules.warningsAre === 'errors' ? strictly : asTheyAre;
  const note = ({ errors, warnings }: { errors: Flaw[]; warnings: Flaw[] }): void => {
    reading.errors.add(errors);
    reading.warnings.add(warnings);
  };
  const head = (await table.rows.next()).value as TableRow | undefined;
  if (!head) throw invalidFile('empty_file', 'The file has no rows.');
  const header = judged(readHeader(head.cells.map(unescapeFormula), head.line, rules.mapping));
  reading.header = header.names;
  note(header);
  if (!header.columns) throw await withoutImages(table, header, head.line);
  const { delimiter, form } = table;
  const columns = { ...header.columns, grammar: GRAMMAR } as const;
  reading.format = { delimiter, bom: form.bom, header: header.names, columns };
  const rowRules = { ...rules, columns, header: header.names };
  for await (const { line, cells } of table.rows) {
    reading.rows += 1;
    const row = judged(checkRow({ line, cells: cells.map(unescapeFormula) }, rowRules));
    note(row);
    if (row.errors.length > 0) reading.badRows += 1;
    await take(row, reading.rows);
  }
  if (reading.rows === 0) throw invalidFile('no_rows', 'The file has a header and no rows.', head.line);
  reading.isWhole = header.errors.length === 0;
}

type Flawed = { errors: Flaw[]; warnings: Flaw[] };

function strictly<T extends Flawed>(judged: T): T {
  return { ...judged, errors: [...judged.errors, ...judged.warnings], warnings: [] };
}

function asTheyAre<T extends Flawed>(judged: T): T {
  return judged;
}

const ROWS_LOOKED_AT = 50;

/** The first rows tell which column holds URLs. */
async function withoutImages(table: Table, { names, errors }: Header, line: number): Promise<Problem> {
  const rows: string[][] = [];
  for await (const { cells } of table.rows) if (rows.push(cells) >= ROWS_LOOKED_AT) break;
  const flaws = errors.length > 0 ? [] : [noImageColumn(names, line, rows)];
  return new Problem('csv_invalid', { detail: 'The header cannot be used.', flaws });
}

/**
 * Counts and hashes what passes, and stops an upload that is too large.
 * @throws Problem `payload_too_large`, from the generator
 */
export function measured(chunks: AsyncIterable<Buffer>, maxBytes: number) {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* pass(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: pass(), result: () => ({ bytes, sha256: hash.digest() }) };
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
}

/** A sentence that quotes a cell would keep the whole piece of the file in memory from which it was cut. */
function ofItsOwn(flaw: Flaw): Flaw {
  return { ...flaw, detail: Buffer.from(flaw.detail).toString() };
}
