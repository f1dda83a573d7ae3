import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { decodeText, invalidFile, type TextForm } from './decode.ts';

/** A row as it stands in the file: the physical line where it begins, from 1, and its cells. */
export type TableRow = { line: number; cells: string[] };

export type Table = { form: TextForm; delimiter: string; rows: AsyncGenerator<TableRow> };

const DELIMITERS = [',', ';', '\t'];
const MAX_HEADER_CHARACTERS = 64 * 1024;
const MAX_RECORD_BYTES = 4 * 2 ** 20; // an unclosed quote ends here and not in memory

/**
 * Reads the rows of a CSV as they arrive, the header first. Strict about quotes where they enclose a
 * cell, tolerant of a bare one inside (`Monitor 27" IPS`); LF, CRLF and CR end lines, mixed too.
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
  return { form, delimiter, rows: parsedRows(joined(rest, text), { delimiter, line: said ? 2 : 1 }) };
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

type Parsed = { record: string[]; info: { empty_lines: number } };

/** @param start line: of the first character of the text */
async function* parsedRows(
  text: AsyncGenerator<string>,
  { delimiter, line: firstLine }: { delimiter: string; line: number },
): AsyncGenerator<TableRow> {
  const parser = parse({
    delimiter,
    info: true,
    max_record_size: MAX_RECORD_BYTES,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  const source = Readable.from(text);
  source.on('error', (error) => parser.destroy(error));
  let line = firstLine;
  let emptyLines = 0;
  try {
    for await (const { record: cells, info } of source.pipe(parser) as AsyncIterable<Parsed>) {
      // The parser's own line counter counts a CRLF inside of quotes twice.
      line += info.empty_lines - emptyLines;
      emptyLines = info.empty_lines;
      yield { line, cells };
      line += 1;
      for (const cell of cells) if (/[\r\n]/.test(cell)) line += cell.split(/\r\n|\r|\n/).length - 1;
    }
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error, lineOf(error, firstLine, line)) : error;
  } finally {
    source.destroy();
  }
}

/** The parser gives up before the rows that it has read are handed on, so its own count is nearer. */
function lineOf(error: CsvError, firstLine: number, handedOn: number): number {
  const { lines } = error as CsvError & { lines?: unknown };
  return Math.max(typeof lines === 'number' ? lines + firstLine - 1 : 0, handedOn);
}

function unreadable(error: CsvError, line: number): Error {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return invalidFile(
        'quote_not_closed',
        'The row that begins here has a quotation mark that is never closed.',
        line,
      );
    default:
      return invalidFile(
        'unreadable_row',
        'The row that begins here is not valid CSV: check its quotation marks.',
        line,
      );
  }
}
