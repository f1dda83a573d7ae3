/** Text of a CSV in which no cell runs as a formula: `output.csv`. For the cells as they came, see write-faithful.ts. */
import { stringify } from 'csv-stringify/sync';
import { escapeFormula } from './formulas.ts';
import type { TableFormat } from './table-format.ts';

// A cell of the header with another delimiter in it would be taken for several ones when it is uploaded again.
const QUOTED = /[,;\t]/;

/** Rows as the input was written, with every formula made harmless. */
export function csvText(rows: string[][], { delimiter }: TableFormat): string {
  const cells = rows.map((row) => row.map(escapeFormula));
  // A row of one empty cell would be an empty line, which no reader takes for a row.
  const quoted_empty = rows.some((row) => row.length === 1);
  return stringify(cells, { delimiter, quoted_match: QUOTED, quoted_empty });
}

/** The header and the lines around it, with a byte order mark if the input had one. */
export function headerText(format: TableFormat, header: string[]): string {
  const { above = '', below = '' } = format.written ?? {};
  const around = (text: string): string => harmless(text, format.delimiter);
  return `${format.bom ? '\u{feff}' : ''}${around(above)}${csvText([header], format)}${around(below)}`;
}

/** Lines as they stand in the file, but for what would run as a formula at the beginning of a cell. */
function harmless(lines: string, delimiter: string): string {
  const begins = new RegExp(`(^|[\\r\\n${delimiter}])( *"?)([^\\r\\n${delimiter}"]+)`, 'g');
  return lines.replaceAll(begins, (_, before: string, quote: string, cell: string) => {
    return before + quote + escapeFormula(cell);
  });
}
