import { invalidFile } from '../csv/invalid-file.ts';
import type { Table } from '../csv/table.ts';
import { isWorkbook } from '../workbook/package.ts';
import { openWorkbook } from '../workbook/workbook.ts';
import { openZip } from '../zip/zip-file.ts';
import type { ReadingRules } from './reading.ts';
import type { SpooledUpload } from './spooled-upload.ts';

/**
 * Reads what a ZIP file holds: a workbook, or an archive.
 * @throws Problem `csv_invalid`
 */
export async function readZip(
  { file, bytes }: SpooledUpload,
  rules: ReadingRules,
  stack: AsyncDisposableStack,
): Promise<Table> {
  const zip = stack.use(await openZip(file, bytes));
  if (isWorkbook(zip)) return openWorkbook(zip, rules, stack);
  throw invalidFile('not_a_csv', 'This is a ZIP archive, not a CSV. Unpack it, and upload the CSV inside.');
}
