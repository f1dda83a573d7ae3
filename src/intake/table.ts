import { decodeText, type TextForm } from './decode.ts';
import { readRecords, type TableRow } from './records.ts';

export type Table = { form: TextForm; delimiter: string; rows: AsyncGenerator<TableRow> };

const DELIMITERS = [',', ';', '\t'];
const MAX_HEADER_CHARACTERS = 64 * 1024;

/**
 * Reads the rows of a CSV as they arrive, the header first.
 * @throws Problem `csv_invalid`, from the generator too
 */
export async function readTable(chunks: AsyncIterable<Buffer>, charset?: string): Promise<Table> {
  const { form, text } = await decodeText(chunks, charset);
  let head = '';
  for (let next = await text.next(); !next.done; next = await text.next()) {
    head += next.value;
    if (/\S[^\r\n]*[\r\n]\s*\S[^]*[\r\n]/.test(head) || head.length > MAX_HEADER_CHARACTERS) break;
  }
  const said = SAID_DELIMITER.exec(head);
  const rest = head.slice(said?.[0].length ?? 0);
  const delimiter = said?.[1] ?? delimiterOf(rest);
  return { form, delimiter, rows: readRecords(joined(rest, text), { delimiter, line: said ? 2 : 1 }) };
}

// Excel reads and writes a first line that names the delimiter.
const SAID_DELIMITER = /^sep=([,;\t])(?:\r\n|\r|\n)/i;

async function* joined(head: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield head;
  yield* rest;
}

/** The one that occurs most often in the header line outside of quotes; a comma where none does. */
function delimiterOf(head: string): string {
  const [line = ''] = head
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split(/[\r\n]/, 1);
  const count = (delimiter: string): number => line.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}
