import type { Flaw } from '../errors.ts';
import { keyedTable } from './keyed-table.ts';
import { Keys } from './keys.ts';
import type { KeyedTable } from './read-json.ts';
import { xmlRows } from './xml-rows.ts';

/**
 * Reads a feed in XML as a table.
 * @param options `isPartial`: more of the file follows, so an item that is not closed is left out
 * @throws Problem `csv_invalid` from the rows: `xml_invalid`, `row_too_long`
 */
export function readXml(
  chunks: AsyncGenerator<string>,
  { isPartial }: { isPartial?: boolean | undefined },
): KeyedTable {
  const keys = new Keys();
  const warnings: Flaw[] = [];
  return { rows: keyedTable(xmlRows(chunks, keys, isPartial), keys, warnings), warnings };
}
