import type { OutputRows } from './output-rows.ts';
import { XlsxFile } from './xlsx.ts';

/**
 * Writes the table as a workbook into a temporary file.
 * @param signal aborts when the client goes away
 * @throws Problem `conflict` where the table does not fit into a workbook
 */
export async function writeXlsx(
  { header, pieces }: OutputRows,
  folder: string,
  signal: AbortSignal,
): Promise<XlsxFile> {
  await using stack = new AsyncDisposableStack();
  const file = stack.use(await XlsxFile.open(folder, header));
  for await (const rows of pieces) {
    signal.throwIfAborted();
    await file.add(rows);
  }
  await file.end();
  stack.move(); // from here on the caller disposes of the file
  return file;
}
