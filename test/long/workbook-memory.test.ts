import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newFolder } from '../support/folder.ts';
import { cellName, textRows, workbook } from '../support/workbooks.ts';

const ROWS = Number(process.env['LONG_ROWS'] ?? 100_000);
const PROGRAM = join(import.meta.dirname, '..', 'programs', 'read-upload.ts');
const MAX_BYTES = 200 * 2 ** 20; // of which Node and the modules take half

const HEADER = ['SKU', 'Product Name', 'Image 1', 'Image 2', 'Image 3', 'Price', 'Stock', 'Description'];

function cellsOf(row: number): string[] {
  const image = (side: string): string =>
    `https://images.supplier.example/catalogue/${row}/${side}-${(row * 7919) % 100_003}.jpg`;
  const images = ['front', 'side', 'back'].map(image);
  return [
    `SKU-${row}`,
    `Product number ${row} in blue`,
    ...images,
    `${row % 500}.99`,
    `${row % 77}`,
    `What product ${row} is, and more`,
  ];
}

/** Each text once in the shared strings, as Excel writes them. */
function sharedWorkbook(): Buffer {
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const rows = [HEADER, ...Array.from({ length: ROWS }, (_, i) => cellsOf(i))].map((cells, i) => {
    const written = cells.map(
      (text, column) => `<c r="${cellName(column, i + 1)}" t="s"><v>${numberOf(text)}</v></c>`,
    );
    return `<row r="${i + 1}" spans="1:8">${written.join('')}</row>`;
  });
  const strings = Array.from(numbers.keys(), (text) => `<si><t>${text}</t></si>`).join('');
  return workbook({ sheets: [{ name: 'Products', rows: rows.join('') }], strings });
}

function inlineWorkbook(): Buffer {
  const rows = textRows([HEADER, ...Array.from({ length: ROWS }, (_, i) => cellsOf(i))]);
  return workbook({ sheets: [{ name: 'Products', rows }] });
}

for (const [kind, make] of Object.entries({ shared: sharedWorkbook, inline: inlineWorkbook }))
  test(`${ROWS} rows of 8 columns with ${kind} strings are read in less than 200 MB`, async () => {
    await using folder = await newFolder();
    const file = join(folder.path, 'products.xlsx');
    await writeFile(file, make());
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, file]);
    const { rows, errors, peakBytes } = JSON.parse(stdout) as Record<'rows' | 'errors' | 'peakBytes', number>;
    assert.deepEqual({ rows, errors }, { rows: ROWS, errors: 0 });
    assert.ok(peakBytes < MAX_BYTES, `${Math.round(peakBytes / 2 ** 20)} MiB`);
  });
