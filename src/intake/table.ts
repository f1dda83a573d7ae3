import { columnsByAlias, keyOf } from './columns.ts';
import { decodeText, type TextForm } from './decode.ts';
import { readRecords, type TableRow } from './records.ts';

export type Table = { form: TextForm; delimiter: string; rows: AsyncGenerator<TableRow> };

const DELIMITERS = [',', ';', '\t', '|'];
const MAX_HEADER_CHARACTERS = 64 * 1024;
const LINES_LOOKED_AT = 2; // the one that names the delimiter, and the header

/**
 * Reads the rows of a CSV as they arrive, the header first.
 * @throws Problem `csv_invalid`, from the generator too
 */
export async function readTable(chunks: AsyncIterable<Buffer>, charset?: string): Promise<Table> {
  const { form, text } = await decodeText(chunks, charset);
  let head = '';
  for (let next = await text.next(); !next.done; next = await text.next()) {
    head += next.value;
    if (head.length > MAX_HEADER_CHARACTERS) break;
    if (/[\r\n]/.test(next.value) && filledLines(head) > LINES_LOOKED_AT) break;
  }
  const said = SAID_DELIMITER.exec(head);
  const rest = head.slice(said?.[0].length ?? 0);
  const delimiter = said?.[1] ?? delimiterOf(rest);
  return { form, delimiter, rows: readRecords(joined(rest, text), { delimiter, line: said ? 2 : 1 }) };
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
  const [line = ''] = head.trimStart().split(/[\r\n]/, 1);
  const bare = line.replaceAll(/"[^"]*"/g, (quoted) => 'q'.repeat(quoted.length));
  const rank = (delimiter: string): number => {
    const columns = bare.split(delimiter).length;
    const names = line.split(delimiter).map((name) => keyOf(name));
    return columns === 1 ? 0 : columns + (columnsByAlias(names).images.length > 0 ? line.length : 0);
  };
  return DELIMITERS.reduce((best, delimiter) => (rank(delimiter) > rank(best) ? delimiter : best));
}
