/** Tables of files that are no CSV: their results are written as one. */
import type { FileLayout } from './file-layout.ts';
import type { FoundHeader } from './header/find-header.ts';
import type { TableRow } from './records.ts';
import type { Table } from './table.ts';
import type { TableKind } from './table-format.ts';
import { lineWriter } from './write-faithful.ts';

const DELIMITER = ',';
const LINE_END = '\r\n';

/**
 * A table of rows that did not come as text.
 * @param bom whether output.csv begins with a byte order mark, by which Excel knows UTF-8
 */
export function otherTable(
  kind: TableKind,
  rows: AsyncGenerator<TableRow>,
  { bom }: { bom: boolean },
): Table {
  return { kind, textFormat: { encoding: 'utf-8', bom }, delimiter: DELIMITER, rows, layout };
}

/** Of a table whose rows name their cells: its header is no row of it, so no row is above or below the header. */
export const NOTHING_AROUND: FileLayout = {
  encoding: 'utf-8',
  lineEnd: LINE_END,
  lastLineEnds: true,
  above: '',
  below: '',
};

/** The rows above and below the header, as lines of a CSV. */
function layout({ record, products }: FoundHeader, records: TableRow[]): FileLayout {
  const firstProduct = products[0]?.line ?? Infinity;
  const line = lineWriter(DELIMITER);
  const linesOf = (rows: TableRow[]): string =>
    rows.map(({ cells }) => line({ cells, quoted: null }) + LINE_END).join('');
  return {
    ...NOTHING_AROUND,
    above: linesOf(records.filter((each) => each.line < record.line)),
    below: linesOf(records.filter((each) => each.line > record.line && each.line < firstProduct)),
  };
}
