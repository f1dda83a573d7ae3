import { invalidFile } from '../csv/invalid-file.ts';
import type { TableRow } from '../csv/records.ts';
import { type RowParts, SheetReader } from './sheet-reader.ts';
import { XmlReader } from './xml.ts';

/**
 * The rows of a sheet that are not empty, hidden ones included. A row has at least as many cells as the widest one
 * before it, as it would have in a CSV.
 * @throws Problem `csv_invalid`
 */
export async function* readSheetRows(
  name: string,
  chunks: AsyncIterable<Buffer>,
  parts: RowParts,
): AsyncGenerator<TableRow> {
  const sheet = new SheetReader(parts);
  const xml = new XmlReader(name, sheet);
  for await (const chunk of chunks) {
    xml.write(chunk);
    for (const row of sheet.take()) yield row;
    if (sheet.isOver) return;
  }
  if (!sheet.isOver)
    throw invalidFile(
      'xml_invalid',
      `"${name}" in the workbook is not complete. Open the workbook, save it anew, and upload that.`,
    );
}
