/**
 * A table of rows that name their cells (JSON, XML), as the reader of CSV gives it: the header first, then rows of
 * as many cells.
 */
import type { TableRow } from '../csv/records.ts';
import type { Flaw } from '../errors.ts';
import type { Keys } from './keys.ts';

/**
 * @param pages the rows, as many at a time as have arrived
 * @param warnings gets what is found out about the whole
 */
export async function* keyedTable(
  pages: AsyncGenerator<TableRow[]>,
  keys: Keys,
  warnings: Flaw[],
): AsyncGenerator<TableRow> {
  const { rows: first, error } = await firstOf(pages, keys);
  const isOneLine = first.length > 1 && first.at(-1)?.line === first[0]?.line;
  if (first[0]) yield { line: isOneLine ? 1 : first[0].line, cells: keys.names };
  let count = 0;
  const placed = (row: TableRow): TableRow => {
    count += 1;
    if (isOneLine) row.line = count; // the physical line would say nothing
    return row;
  };
  for (const row of first) yield placed(widened(row, keys.names.length));
  if (error !== undefined) throw error;
  for await (const rows of pages) for (const row of rows) yield placed(row);
  warnings.push(...keys.unknown(isOneLine));
}

function widened(row: TableRow, width: number): TableRow {
  while (row.cells.length < width) row.cells.push('');
  return row;
}

/** The rows up to the last one whose keys count, at least; also those before an error. */
async function firstOf(
  pages: AsyncGenerator<TableRow[]>,
  keys: Keys,
): Promise<{ rows: TableRow[]; error?: unknown }> {
  const rows: TableRow[] = [];
  try {
    while (!keys.isClosed) {
      const { value, done } = await pages.next();
      if (done) break;
      for (const row of value) rows.push(row);
    }
  } catch (error) {
    return { rows, error };
  }
  return { rows };
}
