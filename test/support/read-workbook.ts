import { Readable } from 'node:stream';
import { readUpload } from '../../src/intake/read-upload.ts';
import type { Reading, ReadingRules } from '../../src/intake/reading.ts';
import type { ProductRow } from '../../src/intake/rows.ts';
import { openTable } from '../../src/intake/table-kinds.ts';
import type { TableRow } from '../../src/csv/records.ts';

const RULES: ReadingRules = { maxBytes: 1e9, allowPaths: false, presets: new Set() };

/** The rows of a file as they are read, before their meaning. */
export async function rowsOf(file: Buffer, rules: Partial<ReadingRules> = {}): Promise<TableRow[]> {
  await using stack = new AsyncDisposableStack();
  const table = await openTable(Readable.from([file]), { ...RULES, ...rules }, stack);
  return await Array.fromAsync(table.rows);
}

export async function cellsOf(file: Buffer, rules: Partial<ReadingRules> = {}): Promise<string[][]> {
  return (await rowsOf(file, rules)).map(({ cells }) => cells);
}

/** A file as it is read for a batch. */
export async function readingOf(
  file: Buffer,
  rules: Partial<ReadingRules> = {},
): Promise<{ reading: Reading; products: ProductRow[] }> {
  const products: ProductRow[] = [];
  const reading = await readUpload(Readable.from([file]), { ...RULES, ...rules }, ({ product }) => {
    products.push(product);
  });
  return { reading, products };
}

/** The code and sentence with which a file is refused. */
export async function refusalOf(
  file: Buffer,
  rules: Partial<ReadingRules> = {},
): Promise<{ code: string; line: number; detail: string } | undefined> {
  const { reading } = await readingOf(file, rules);
  const [flaw] = reading.isWhole ? [] : reading.errors.first;
  return flaw && { code: flaw.code, line: flaw.line, detail: flaw.detail };
}
