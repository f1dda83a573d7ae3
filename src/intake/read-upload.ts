import { type Flaw, Problem } from '../errors.ts';
import { GRAMMAR } from '../csv/cells/slots.ts';
import { endsWithLineEnd } from '../csv/file-layout.ts';
import type { Columns } from '../csv/header/columns.ts';
import { findHeader, type FoundHeader } from '../csv/header/find-header.ts';
import { withoutOtherCells } from '../csv/header/image-cells.ts';
import { noImageColumn } from '../csv/header/proposal.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import type { TableRow } from '../csv/records.ts';
import type { Table } from '../csv/table.ts';
import { withBeside, withPictures } from './beside-cells.ts';
import { RowReader } from './read-rows.ts';
import {
  judged,
  newReading,
  note,
  type Reading,
  type ReadingRules,
  type ReadingSoFar,
  type RowHandler,
} from './reading.ts';
import { openTable } from './table-kinds.ts';
import { UploadMeter } from './upload-meter.ts';

/** Receives the header as it was found, and the table with the first records of the file. */
type OnHeader = (found: FoundHeader, table: Table, records: TableRow[]) => void;

/**
 * Reads and checks an upload while it arrives, to its end, whatever is wrong with its rows. Acceptance and
 * preview share it.
 * @param onHeader is called before the columns are judged: there may be no image column
 * @throws Problem `payload_too_large`
 */
export async function readUpload(
  chunks: AsyncIterable<Buffer>,
  rules: ReadingRules,
  handle: RowHandler,
  onHeader?: OnHeader,
): Promise<Reading> {
  const meter = new UploadMeter(chunks, rules.maxBytes);
  const reading = newReading();
  await using stack = new AsyncDisposableStack();
  let isText = false; // and nothing around it
  try {
    const onSheets = (all: string[]): void => void (reading.sheet = { all });
    const table = await openTable(meter.chunks, { ...rules, onSheets }, stack);
    isText = table.kind === 'csv' && !table.isInArchive;
    reading.kind = table.kind;
    reading.sheet = table.sheet;
    if (table.kind === 'csv') reading.encoding = table.textFormat.encoding;
    await readRows(table, { reading, rules, handle, onHeader });
  } catch (error) {
    reading.isWhole = false;
    reading.errors.add(flawsOfFile(error));
  }
  for await (const _ of meter.chunks); // the rest of a file that could not be read: its size and hash count
  const written = reading.format?.written;
  if (written && isText) written.lastLineEnds = endsWithLineEnd(meter.lastBytes, reading.encoding);
  return { ...reading, bytes: meter.bytes, sha256: meter.sha256() };
}

/** The flaws of a file that became unreadable. Any other error is not the file's. */
function flawsOfFile(error: unknown): Flaw[] {
  if (!(error instanceof Problem) || error.code !== 'csv_invalid') throw error;
  return error.flaws.filter((flaw) => 'line' in flaw);
}

type ReadingParts = {
  reading: ReadingSoFar;
  rules: ReadingRules;
  handle: RowHandler;
  onHeader: OnHeader | undefined;
};

async function readRows(table: Table, { reading, rules, handle, onHeader }: ReadingParts): Promise<void> {
  const records = await firstOf(table.rows);
  if (records.length === 0 && rules.isPartial) return;
  if (records.length === 0) throw invalidFile('empty_file', 'The file has no rows.');
  const headerRules = { ...rules, allowPaths: rules.allowPaths || table.pictures !== undefined };
  const found = findMergedHeader(table, records, headerRules);
  onHeader?.(found, table, records);
  const { names, errors, warnings } = found.header;
  reading.header = names;
  reading.headerLine = found.record.line;
  const ofHeader = judged({ errors, warnings: [...found.warnings, ...warnings] }, rules);
  note(reading, ofHeader);
  const columns = { ...columnsOf(found, records, headerRules), grammar: GRAMMAR } as const;
  const { kind, delimiter, textFormat } = table;
  const written = table.layout(found, records);
  const format = { delimiter, bom: textFormat.bom, header: names, columns, written };
  reading.format = kind === 'csv' ? format : { ...format, kind };
  const rows = new RowReader({ found, columns, rules, reading, handle, pictures: table.pictures });
  for (const row of found.products) await rows.read(withBeside(row, columns));
  for await (const row of table.rows) {
    const handled = rows.read(withBeside(row, columns));
    if (handled) await handled; // to await nothing, for each of a million rows, takes time too
  }
  const ofFile = judged({ errors: [], warnings: table.warnings ?? [] }, rules);
  note(reading, ofFile);
  if (reading.rows === 0 && !rules.isPartial)
    throw invalidFile('no_rows', 'The file has a header and no rows.', found.record.line);
  const ofColumns = rows.finish();
  reading.isWhole = [ofHeader, ofFile, ofColumns].every(({ errors }) => errors.length === 0);
}

/** The header, where merged cells name each column that they cover. */
function findMergedHeader(table: Table, records: TableRow[], rules: ReadingRules): FoundHeader {
  const found = findHeader(records, table.isKeyed ? { ...rules, headerLine: records[0]?.line } : rules);
  const merged = table.withMergedNames?.(found.record, records) ?? found.record;
  if (merged === found.record) return found;
  return findHeader(
    records.map((record) => (record === found.record ? merged : record)),
    rules,
  );
}

/** @throws Problem `csv_invalid` where no column holds images */
function columnsOf(
  { header, record, products }: FoundHeader,
  records: TableRow[],
  rules: ReadingRules,
): Columns {
  if (header.columns) {
    if (rules.mapping?.images !== undefined) return header.columns;
    const { columns } = header;
    return withoutOtherCells(
      columns,
      products.map((product) => withBeside(product, columns)),
    );
  }
  // Errors of the header explain it already.
  const flaws = header.errors.length > 0 ? [] : [noImageColumn(records.map(withPictures), record, rules)];
  throw new Problem('csv_invalid', { detail: 'The header cannot be used.', flaws });
}

const MAX_FIRST_ROWS = 100;
const MAX_FIRST_CHARACTERS = 2 ** 20; // a single row may have this many

/** The first rows. Each cell counts as a character more: a row of nothing but commas takes memory too. */
async function firstOf(rows: AsyncGenerator<TableRow>): Promise<TableRow[]> {
  const first: TableRow[] = [];
  let characters = 0;
  while (first.length < MAX_FIRST_ROWS && characters < MAX_FIRST_CHARACTERS) {
    const { value, done } = await rows.next();
    if (done) break;
    first.push(value);
    characters += value.cells.reduce((sum, cell) => sum + cell.length + 1, 0);
  }
  return first;
}
