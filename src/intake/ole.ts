import type { Table } from '../csv/table.ts';
import { invalidFile } from '../csv/invalid-file.ts';
import type { SpooledUpload } from './spooled-upload.ts';

const HEADER_BYTES = 512;
const ENTRY_BYTES = 128;
const ENTRIES_READ = 64;

/**
 * Refuses a compound file ([MS-CFB]) by what it is: a workbook with a password is one, with a stream of this name, and
 * so is an old Excel workbook.
 * @throws Problem `csv_invalid`
 */
export async function readOle({ file }: SpooledUpload): Promise<Table> {
  const header = await bytesAt(file, 0, HEADER_BYTES);
  const isWhole = header.length === HEADER_BYTES;
  const sectorBytes = isWhole ? 2 ** Math.min(header.readUInt16LE(30), 16) : 512;
  const directory = isWhole ? header.readUInt32LE(48) : 0;
  const entries = await bytesAt(file, (directory + 1) * sectorBytes, ENTRIES_READ * ENTRY_BYTES);
  const names = entries.toString('utf16le');
  throw names.includes('EncryptedPackage') || names.includes('DataSpaces')
    ? invalidFile(
        'file_encrypted',
        'The workbook has a password. Open it, remove the password (in Excel: File, Info, Protect Workbook, Encrypt with Password; leave it empty), save it, and upload that.',
      )
    : invalidFile(
        'not_a_csv',
        'This is an old Excel workbook (.xls). Open it, save it as an Excel workbook (.xlsx) or as CSV (UTF-8), and upload that.',
      );
}

async function bytesAt(file: SpooledUpload['file'], position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
