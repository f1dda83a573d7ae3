import { decodeOtherText, isCharset } from '../csv/decode.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import { NOTHING_AROUND, otherTable } from '../csv/other-table.ts';
import type { Table } from '../csv/table.ts';
import { type KeyedTable, readJson } from '../feeds/read-json.ts';
import { readXml } from '../feeds/read-xml.ts';
import { declaredCharset } from '../feeds/xml-rows.ts';
import type { ReadingRules } from './reading.ts';
import type { ArrivingUpload } from './spooled-upload.ts';

/** Reads JSON or NDJSON. @throws Problem `csv_invalid`, also from the rows */
export async function readJsonTable(
  kind: 'json' | 'ndjson',
  { chunks }: ArrivingUpload,
  { charset, isPartial }: ReadingRules,
): Promise<Table> {
  const { format, text } = await decodeOtherText('JSON', chunks, charset, isPartial);
  return keyed(kind, readJson(text, { isPartial }), format);
}

/** Reads a feed in XML, in the encoding that it declares. @throws Problem `csv_invalid`, also from the rows */
export async function readXmlTable(
  { head, chunks }: ArrivingUpload,
  { charset = declaredCharset(head), isPartial }: ReadingRules,
): Promise<Table> {
  if (charset !== undefined && !isCharset(charset)) {
    const detail = `The XML declares the encoding "${charset}", which is not known. Name the encoding with charset.`;
    throw invalidFile('wrong_encoding', detail);
  }
  const { format, text } = await decodeOtherText('XML', chunks, charset, isPartial);
  return keyed('xml', readXml(text, { isPartial }), format);
}

function keyed(kind: Table['kind'], { rows, warnings }: KeyedTable, { bom }: { bom: boolean }): Table {
  return { ...otherTable(kind, rows, { bom }), layout: () => NOTHING_AROUND, warnings, isKeyed: true };
}
