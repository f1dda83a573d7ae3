import type { Flaw } from '../errors.ts';
import { type Columns, columnsByAlias, columnKey } from './header/columns.ts';
import { decodeText, type TextFormat } from './decode.ts';
import { type FileLayout, layoutOf } from './file-layout.ts';
import type { FoundHeader } from './header/find-header.ts';
import { MAX_COLUMNS } from './header/header.ts';
import { readRecords, type TableRow } from './records.ts';
import type { TableKind } from './table-format.ts';
import type { TablePictures } from './table-pictures.ts';

/** A table whose rows are read as they are needed. csv/other-table.ts makes one of a file that is no CSV. */
export type Table = {
  kind: TableKind;
  /** of the text; where the file is no CSV, of output.csv */
  textFormat: TextFormat;
  delimiter: string;
  rows: AsyncGenerator<TableRow>;
  /** How the lines around the products are written again. @param records the first ones of the file */
  layout(found: FoundHeader, records: TableRow[]): FileLayout;
  /** The header with the names of merged cells in each cell that they cover. */
  withMergedNames?(header: TableRow, records: TableRow[]): TableRow;
  /** whether rows name their cells, so that the first record is the header */
  isKeyed?: boolean;
  /** of a workbook: the sheet that is read (undefined if it has to be chosen), and the names of all */
  sheet?: { name?: string; all: string[] };
  /** whether the upload is not the table itself, but an archive around it */
  isInArchive?: true;
  /** those that came with the table: its cells name them */
  pictures?: TablePictures | undefined;
  /** what is odd about the file as a whole; complete when its rows are read */
  warnings?: Flaw[];
};

type TextTable = Table & {
  /** the first lines as they stand in the file; the last of them may be cut */
  beginning: string;
};

type TableOptions = { charset?: string | undefined; withQuotes?: boolean; isPartial?: boolean | undefined };

const DELIMITERS = [',', ';', '\t', '|'];
const MAX_HEADER_CHARACTERS = 64 * 1024;
const MAX_HEADER_LINES = 24; // templates have lines above and below their header

/**
 * Reads the rows of a CSV as they arrive, the header first.
 * @param options `withQuotes`: each row lists its cells in quotation marks; `isPartial`: more of the file follows
 * @throws Problem `csv_invalid`, from the generator too
 */
export async function readTable(
  chunks: AsyncIterable<Buffer>,
  { charset, withQuotes = false, isPartial = false }: TableOptions = {},
): Promise<TextTable> {
  const { format: textFormat, text } = await decodeText(chunks, charset, isPartial);
  let beginning = '';
  let enough = 0;
  for (let next = await text.next(); !next.done; next = await text.next()) {
    beginning += next.value;
    if (beginning.length > MAX_HEADER_CHARACTERS) break;
    if (beginning.length < enough) continue;
    if (filledLines(beginning).length > MAX_HEADER_LINES) break;
    enough = 2 * beginning.length; // counting again for each piece would take quadratic time
  }
  const named = NAMED_DELIMITER.exec(beginning);
  const rest = beginning.slice(named?.[0].length ?? 0);
  const delimiter = named?.[1] ?? delimiterOf(rest);
  const line = named ? 2 : 1;
  const rows = readRecords(joined(rest, text), { delimiter, line, withQuotes, isPartial });
  const { encoding } = textFormat;
  const layout = (found: FoundHeader): FileLayout => layoutOf({ encoding, beginning }, found);
  return { kind: 'csv', textFormat, delimiter, beginning, rows, layout };
}

// Excel reads and writes a first line that names the delimiter.
const NAMED_DELIMITER = /^sep=([,;\t|])(?:\r\n|\r|\n)/i;

async function* joined(beginning: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield beginning;
  yield* rest;
}

/** The lines that are not blank. The last one may be cut. */
function filledLines(text: string): string[] {
  return text.split(/[\r\n]/).filter((line) => line.trim() !== '');
}

/**
 * The delimiter with which the header has an image column; otherwise the one that occurs most often in it,
 * outside of quotation marks. Names such as `Image URLs (x,y,z...)` contain delimiters too.
 */
function delimiterOf(beginning: string): string {
  const header = headerLine(filledLines(beginning));
  const rank = (delimiter: string): number => {
    const columns = columnCount(header, delimiter);
    return columns === 1 ? 0 : columns + (columnsOf(header, delimiter).images.length > 0 ? header.length : 0);
  };
  return DELIMITERS.reduce((best, delimiter) => (rank(delimiter) > rank(best) ? delimiter : best));
}

/** Usually the first line. Lines above the header have no image column, or no delimiter. */
function headerLine([first = '', ...others]: string[]): string {
  const some = (line: string, test: (columns: Columns) => boolean): boolean =>
    DELIMITERS.some((delimiter) => test(columnsOf(line, delimiter)));
  if (some(first, ({ images }) => images.length > 0)) return first;
  const candidates = others.slice(0, MAX_HEADER_LINES).filter((line) => !line.includes('://'));
  const named = candidates.find((line) =>
    some(line, ({ images, name, sku }) => images.length > 0 && (name !== undefined || sku.length > 0)),
  );
  if (named !== undefined) return named;
  return (
    [first, ...candidates].find((line) => DELIMITERS.some((each) => columnCount(line, each) > 1)) ?? first
  );
}

function columnCount(line: string, delimiter: string): number {
  return line.replaceAll(/"[^"]*"/g, (quoted) => 'q'.repeat(quoted.length)).split(delimiter).length;
}

function columnsOf(line: string, delimiter: string): Columns {
  return columnsByAlias(line.split(delimiter, MAX_COLUMNS).map((name) => columnKey(name)));
}
