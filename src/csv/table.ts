import { type Columns, columnsByAlias, keyOf } from './header/columns.ts';
import { decodeText, type TextForm } from './decode.ts';
import { MAX_COLUMNS } from './header/header.ts';
import { readRecords, type TableRow } from './records.ts';

export type Table = {
  form: TextForm;
  delimiter: string;
  /** the first lines as they stand in the file; the last of them may be cut */
  head: string;
  rows: AsyncGenerator<TableRow>;
};

const DELIMITERS = [',', ';', '\t', '|'];
const MAX_HEADER_CHARACTERS = 64 * 1024;
const LINES_LOOKED_AT = 24; // templates have lines above their header and below it

/**
 * Reads the rows of a CSV as they arrive, the header first.
 * @param tellsQuotes whether the rows tell which of their cells stood in quotes
 * @throws Problem `csv_invalid`, from the generator too
 */
export async function readTable(
  chunks: AsyncIterable<Buffer>,
  charset?: string,
  tellsQuotes = false,
): Promise<Table> {
  const { form, text } = await decodeText(chunks, charset);
  let head = '';
  let enough = 0;
  for (let next = await text.next(); !next.done; next = await text.next()) {
    head += next.value;
    if (head.length > MAX_HEADER_CHARACTERS) break;
    if (head.length < enough) continue;
    if (filledLines(head) > LINES_LOOKED_AT) break;
    enough = 2 * head.length; // to count again with each piece would be quadratic
  }
  const said = SAID_DELIMITER.exec(head);
  const rest = head.slice(said?.[0].length ?? 0);
  const delimiter = said?.[1] ?? delimiterOf(rest);
  const rows = readRecords(joined(rest, text), { delimiter, line: said ? 2 : 1, tellsQuotes });
  return { form, delimiter, head, rows };
}

// Excel reads and writes a first line that names the delimiter.
const SAID_DELIMITER = /^sep=([,;\t|])(?:\r\n|\r|\n)/i;

async function* joined(head: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield head;
  yield* rest;
}

/** Lines that have begun and are not blank. */
function filledLines(text: string): number {
  return text.split(/[\r\n]/).filter((line) => line.trim() !== '').length;
}

/**
 * The one with which the header has a column of images, and else the one that occurs most often in it
 * outside of quotes: names such as `Image URLs (x,y,z...)` hold delimiters too.
 */
function delimiterOf(head: string): string {
  const header = headerLine(head.split(/[\r\n]/).filter((line) => line.trim() !== ''));
  const rank = (delimiter: string): number => {
    const columns = columnCount(header, delimiter);
    return columns === 1 ? 0 : columns + (columnsOf(header, delimiter).images.length > 0 ? header.length : 0);
  };
  return DELIMITERS.reduce((best, delimiter) => (rank(delimiter) > rank(best) ? delimiter : best));
}

/** Mostly the first line; lines above it have no column of images, or no delimiter. */
function headerLine([first = '', ...others]: string[]): string {
  const some = (line: string, test: (columns: Columns) => boolean): boolean =>
    DELIMITERS.some((delimiter) => test(columnsOf(line, delimiter)));
  if (some(first, ({ images }) => images.length > 0)) return first;
  const candidates = others.slice(0, LINES_LOOKED_AT).filter((line) => !line.includes('://'));
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
  return columnsByAlias(line.split(delimiter, MAX_COLUMNS).map((name) => keyOf(name)));
}
