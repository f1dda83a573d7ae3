import type { TableRow } from '../csv/records.ts';
import type { Flaw } from '../errors.ts';
import { jsonRows } from './json-rows.ts';
import { JsonSource } from './json-source.ts';
import { keyedTable } from './keyed-table.ts';
import { Keys } from './keys.ts';

export type KeyedTable = { rows: AsyncGenerator<TableRow>; warnings: Flaw[] };

/**
 * Reads JSON and NDJSON as a table.
 * @param options `isPartial`: more of the file follows, so its last value is cut, and is left out
 * @throws Problem `csv_invalid` from the rows: `json_invalid`, `row_too_long`
 */
export function readJson(
  chunks: AsyncGenerator<string>,
  { isPartial = false }: { isPartial?: boolean | undefined },
): KeyedTable {
  const keys = new Keys();
  const source = new JsonSource(chunks);
  const warnings: Flaw[] = [];
  async function* pages(): AsyncGenerator<TableRow[]> {
    try {
      yield* jsonRows(source, keys);
    } catch (error) {
      if (!isPartial || !source.isCut) throw error;
    }
  }
  return { rows: keyedTable(pages(), keys, warnings), warnings };
}
