import { invalidFile } from '../csv/invalid-file.ts';
import type { Table } from '../csv/table.ts';
import { isWorkbook } from '../workbook/package.ts';
import { openWorkbook } from '../workbook/workbook.ts';
import { openZip } from '../zip/zip-file.ts';
import { readArchive } from './archive-table.ts';
import type { ReadingRules } from './reading.ts';
import type { SpooledUpload } from './spooled-upload.ts';

/** Opens the table in an archive. */
export type OpenInner = (chunks: AsyncIterable<Buffer>) => Promise<Table>;

/**
 * Reads what a ZIP file holds: a workbook, or an archive.
 * @throws Problem `csv_invalid`
 */
export async function readZip(
  { file, bytes }: SpooledUpload,
  rules: ReadingRules,
  { stack, openInner }: { stack: AsyncDisposableStack; openInner: OpenInner },
): Promise<Table> {
  const zip = await openZip(file, bytes);
  if (isWorkbook(zip)) return openWorkbook(zip, rules, stack);
  if (rules.isInArchive)
    throw invalidFile('not_a_csv', 'The table in the archive is an archive itself. Unpack it first.');
  const { maxSourceBytes = Infinity, pictureNames } = rules;
  return readArchive(zip, { bytes, maxSourceBytes, pictureNames, openTable: openInner });
}
