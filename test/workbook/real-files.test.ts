/** Workbooks as programs have written them, not built by our tests (files/LICENSE says where they are from). */
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTable } from '../../src/intake/table-kinds.ts';

const RULES = { maxBytes: 2 ** 20, allowPaths: false, presets: new Set<string>() };

const FILES: Record<string, [line: number, cells: string[]][]> = {
  'google-sheets': [
    [1, ['This is a test spreadsheet', 'It has a couple of columns']],
    [2, ['as well as a couple of rows', 'hello hello']],
  ],
  'wps-office': [
    [1, ['编号']],
    [3, ['编号']],
    [5, ['', '', '编号']],
  ],
  numbers: [[1, ['编号']]],
  libreoffice: [
    [1, ['', 'B1', 'C1', 'D1']],
    [2, ['A2', '', 'C2', 'D2']],
    [3, ['A3', 'B3', '', 'D3']],
    [4, ['A4', 'B4', 'C4', '']],
  ],
  // Its elements have a prefix, and its first shared text is empty.
  'tencent-docs': [
    [1, 'w w w w w w w w w w w w w'.split(' ')],
    [2, ['w', 'w', '', '', 'w', 'w', 'w', 'w', 'w', 'w', '', 'w', '']],
  ],
};

async function rowsOf(name: string) {
  await using stack = new AsyncDisposableStack();
  const file = createReadStream(join(import.meta.dirname, `files/${name}.xlsx`));
  const { rows } = await openTable(file, RULES, stack);
  return await Array.fromAsync(rows); // the file is closed after it
}

for (const [name, expected] of Object.entries(FILES))
  test(`${name}.xlsx has its rows`, async () => {
    const rows = await rowsOf(name);
    assert.deepEqual(
      rows.map(({ line, cells }) => [line, cells]),
      expected,
    );
  });

test('excel-links.xlsx has the texts and targets of its links', async () => {
  const rows = await rowsOf('excel-links');
  assert.deepEqual(rows[0], {
    line: 1,
    cells: ['https://www.google.com'],
    beside: [{ column: 0, link: 'https://www.google.com/' }],
  });
  assert.equal(rows.length, 2);
});
