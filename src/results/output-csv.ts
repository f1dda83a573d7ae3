import type { TableFormat } from '../csv/table-format.ts';
import { csvText, headerText } from '../csv/write.ts';
import type { OutputRows } from './output-rows.ts';

/** The table as a CSV, with the delimiter of the input, in pieces. */
export async function* outputCsv(
  { header, pieces }: OutputRows,
  format: TableFormat,
): AsyncGenerator<string> {
  yield headerText(format, header);
  for await (const rows of pieces) yield csvText(rows, format);
}
