import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Problem } from '../../src/errors.ts';
import { readRecords } from '../../src/csv/records.ts';
import { takesAtMostAsync } from '../support/cpu.ts';

/** How many rows there are, or the error. */
async function rowsOf(text: string, size: number): Promise<number | string> {
  async function* pieces(): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  let rows = 0;
  try {
    for await (const row of readRecords(pieces(), { delimiter: ',', line: 1 }))
      rows += row.cells.length > 0 ? 1 : 0;
  } catch (error) {
    return (error as Problem).flaws[0]?.code ?? String(error);
  }
  return rows;
}

const KB = 1024;
const HEADER = 'SKU,Name,Images\n';
const SOUND = '1,a,b\n2,a,b\n3,a,b\n4,a,b\n';
const WIDE = `${'w,'.repeat(20_000)}w\n`;

const ROWS = [
  ...[
    'x,"a\\"\n',
    'x,"a\\"b\\"\n',
    '",x","a\\"\n',
    '",x","a\\"b\\"\n',
    '",x","a\\""\n',
    '"a\\"\n',
    '"","\\"\n',
  ],
  ...[
    'x,"27\\"",z\n',
    '"27\\"",y,z\n',
    '"a\\"b\\"",y,z\n',
    'x,"a""\\"\n',
    'x,"\\\\"",y\n',
    'x,"a\\"b",y,z\n',
  ],
  ...['x,"a\\" ,y\n', ' "a\\"\n', ' "a\\"b\\", "\n', '"a"b"\n', '"a""b\n', '""a\\"\n', '","\\"\n', '","\n'],
  ...[
    '"\n',
    '"",\n',
    '"""",\n',
    '" \n',
    ' "\n',
    ' """a,',
    '"a" b,',
    '\\"',
    '"\\\\',
    '"a\\"\r',
    'x,"a\\"\r\n',
  ],
];

test('rows with backslashes before quotation marks are read in the time that others take', async () => {
  for (const above of [HEADER + SOUND, HEADER + WIDE + SOUND, ''])
    for (const row of ROWS)
      for (const end of ['', '",z\n']) {
        const text = above + row.repeat((96 * KB) / row.length) + end;
        const what = JSON.stringify([above.slice(0, 30), row, end]);
        await takesAtMostAsync(2_000, what, () => rowsOf(text, 64 * KB));
      }
});

test('they are read as before: each for itself, and in a file that escapes as what they mean', async () => {
  const count = 20_000;
  assert.equal(await rowsOf(HEADER + SOUND + 'x,"a\\"\n'.repeat(count), 64 * KB), count + 5);
  assert.equal(await rowsOf(HEADER + SOUND + 'x,"27\\"",z\n'.repeat(count), 64 * KB), count + 5);
});

test('a long record that arrives in small pieces is not begun again with each', async () => {
  for (const text of [
    `"${'a""'.repeat(40 * KB)}"`,
    `"${'a\\"'.repeat(40 * KB)}"`,
    `x,"${' '.repeat(120 * KB)}"`,
  ])
    await takesAtMostAsync(2_000, text.slice(0, 20), () => rowsOf(`${HEADER}${text}\n`, 8));
});

test('a cell of a million characters behind a space is read', async () => {
  assert.equal(await rowsOf(`${HEADER}1, "${'a'.repeat(1_000_000)}",b\n`, 64 * KB), 2);
  assert.equal(await rowsOf(`${HEADER}1, "${'a'.repeat(2_500_000)}\n`, 64 * KB), 'row_too_long');
});
