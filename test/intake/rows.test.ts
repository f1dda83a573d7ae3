import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readUpload } from '../../src/intake/read-upload.ts';
import type { Reading } from '../../src/intake/reading.ts';
import type { ProductRow } from '../../src/intake/rows.ts';

async function read(csv: string): Promise<Reading & { products: ProductRow[] }> {
  const products: ProductRow[] = [];
  const rules = { maxBytes: 1e9, allowPaths: false, presets: new Set<string>() };
  const reading = await readUpload(Readable.from([Buffer.from(csv)]), rules, ({ product }) => {
    products.push(product);
  });
  return { ...reading, products };
}

const URL = 'https://a.example/1.jpg';

test('what was made of a cell is told by warnings with line and column', async () => {
  const csv = [
    'SKU,Images',
    `A,"${URL}?a=1&amp;b=2"`,
    `B,"${URL}; N/A"`,
    `C,${URL} | Red mug`,
    `D,"${URL};;${URL}?2;"`,
    `E,"[""${URL}"",""${URL}?2""]"`,
    `#N/A,#N/A`,
  ].join('\n');
  const { errors, warnings, products } = await read(csv);
  assert.equal(errors.count, 0);
  assert.deepEqual(
    warnings.first.map(({ line, column, code }) => [line, column, code]),
    [
      [2, 2, 'url_rewritten'],
      [3, 2, 'placeholder'],
      [4, 2, 'text_beside_url'],
      [7, 2, 'placeholder'],
      [7, 2, 'no_images'],
    ],
  );
  const details = warnings.first.map(({ detail }) => detail);
  assert.match(details[0] ?? '', /1\.jpg\?a=1&amp;b=2" is read as https:\/\/a\.example\/1\.jpg\?a=1&b=2\./);
  assert.match(details[1] ?? '', /"N\/A" is no address/);
  assert.match(details[2] ?? '', /is ignored: .*Red mug/);
  assert.equal(
    details[3],
    '"#N/A" is an error of the spreadsheet (a lookup found nothing); the slot counts as empty.',
  );
  assert.equal(products.at(-1)?.sku, '#N/A', 'in other cells text stays text');
  assert.deepEqual(
    products.map(({ images }) => images.map(({ position }) => position)),
    [[1], [1], [1], [1, 3], [1, 2], []],
  );
});

test('a row whose columns have moved, so that its address is in no image column, is an error', async () => {
  const wide = await read(`SKU,Images,Price\nA,"Mug", big,${URL},\nB,${URL},1,,\nC,,1,,\n`);
  assert.deepEqual(
    wide.errors.first.map(({ line, code }) => [line, code]),
    [
      [2, 'too_many_cells'],
      [2, 'invalid_url'],
    ],
  );
  const moved = await read(`SKU,Name,Images,Price\nA,Mug, ,1,${URL}\nB,Mug,,1,\nC,x,,${URL},,\n`);
  assert.deepEqual(
    moved.errors.first.map(({ line, code }) => [line, code]),
    [
      [2, 'too_many_cells'],
      [4, 'too_many_cells'],
    ],
  );
});

test('a row with too few cells and an address in another one says so', async () => {
  const { warnings } = await read(`SKU,Text,Images\nA,"text, ${URL}"\nB,text\n`);
  assert.deepEqual(
    warnings.first.map(({ code }) => code),
    ['no_images', 'no_images'],
  );
  assert.match(warnings.first[0]?.detail ?? '', /2 cells and the header 3, and column 2 holds a URL/);
  assert.equal(warnings.first[1]?.detail, 'The product has no image.');
});

test('a row with far too many cells refuses the file, and few such rows are in memory at once', async () => {
  const wide = `A,${URL}${','.repeat(600_000)}x\n`;
  const rules = { maxBytes: 1e9, allowPaths: false, presets: new Set<string>() };
  let first = 0;
  const { errors, isWhole } = await readUpload(
    Readable.from([Buffer.from(`SKU,Image\n${wide.repeat(5)}`)]),
    rules,
    () => {},
    (_found, _table, records) => void (first = records.length),
  );
  assert.deepEqual(
    [errors.first[0]?.code, errors.first[0]?.line, isWhole, first],
    ['too_many_cells', 2, false, 3],
  );
});

test('the last character of a file in UTF-16 is a line end, or shares a byte with one', async () => {
  for (const [end, isEnd] of [
    ['\u010a', false],
    ['\u010d', false],
    ['\u0a00', false],
    ['\n', true],
    ['\r', true],
  ] as const)
    for (const isSwapped of [false, true]) {
      const file = Buffer.from(`\ufeffSKU,Image,Note\nA,${URL},x${end}`, 'utf16le');
      if (isSwapped) file.swap16();
      const rules = { maxBytes: 1e9, allowPaths: false, presets: new Set<string>() };
      const { format } = await readUpload(Readable.from([file]), rules, () => {});
      assert.equal(format?.written?.lastLineEnds, isEnd, JSON.stringify([end, isSwapped]));
    }
});
