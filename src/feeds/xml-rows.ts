/** The items of a feed in XML as rows: RSS and Atom as Google Merchant Center reads them, and lists of products like them. */
import { invalidFile } from '../csv/invalid-file.ts';
import type { TableRow } from '../csv/records.ts';
import type { Keys } from './keys.ts';
import { XmlItems } from './xml-items.ts';

/**
 * The rows, as many at a time as have arrived.
 * @param isPartial whether more of the file follows
 * @throws Problem `csv_invalid`: `xml_invalid`, `row_too_long`
 */
export async function* xmlRows(
  chunks: AsyncGenerator<string>,
  keys: Keys,
  isPartial = false,
): AsyncGenerator<TableRow[]> {
  const items = new XmlItems(keys);
  let hasRows = false;
  for await (const chunk of chunks) {
    const error = errorOf(() => items.write(chunk));
    const rows = items.take();
    hasRows ||= rows.length > 0;
    if (rows.length > 0) yield rows;
    if (error !== undefined) throw error;
  }
  if (isPartial) return;
  items.close();
  if (!hasRows) throw invalidFile('xml_invalid', NO_ITEMS);
}

const NO_ITEMS =
  'The XML has no products: they are the <item>s of RSS, the <entry>s of Atom or the <product>s of a list. Export the feed as for Google Merchant Center, or the products as CSV.';

function errorOf(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The charset that an XML declaration names; undefined if there is none, or it cannot be: its bytes are ASCII. */
export function declaredCharset(head: Buffer): string | undefined {
  const label = DECLARATION.exec(head.toString('latin1'))?.[1];
  return label && !/^utf-?16|^ucs|^utf-?32/i.test(label) ? label : undefined;
}

const DECLARATION = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/;
