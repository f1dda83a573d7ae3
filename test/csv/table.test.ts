import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/errors.ts';
import { readHeader } from '../../src/csv/header/header.ts';
import type { TableRow } from '../../src/csv/records.ts';
import { readTable } from '../../src/csv/table.ts';

/** The rows of a file that arrives in pieces of `size` bytes. */
async function read(
  file: string | Buffer,
  size = 7,
): Promise<{ rows: TableRow[]; delimiter: string; bom: boolean }> {
  const bytes = Buffer.from(file as string);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const table = await readTable(pieces());
  const rows: TableRow[] = [];
  for await (const row of table.rows) rows.push(row);
  return { rows, delimiter: table.delimiter, bom: table.textFormat.bom };
}

test('rows keep their physical lines over quoted line ends, empty lines and every kind of line end', async () => {
  const { rows } = await read('a,b\r\n1,"x\r\ny\nz"\n\n\n2,q\r3,"r"\r\n4,s');
  assert.deepEqual(rows, [
    { line: 1, cells: ['a', 'b'] },
    { line: 2, cells: ['1', 'x\r\ny\nz'] },
    { line: 7, cells: ['2', 'q'] },
    { line: 8, cells: ['3', 'r'] },
    { line: 9, cells: ['4', 's'] },
  ]);
});

test('a bare inch mark is a part of its cell', async () => {
  const { rows } = await read('a,b\n1,Monitor 27" IPS\n2,"Screen 24"""\n');
  assert.deepEqual(
    rows.slice(1).map((row) => row.cells[1]),
    ['Monitor 27" IPS', 'Screen 24"'],
  );
});

test('comma, semicolon and tab are told from the header line', async () => {
  for (const delimiter of [',', ';', '\t']) {
    const found = await read(`"a, b; c"${delimiter}Title${delimiter}Image\n1${delimiter}2${delimiter}3\n`);
    assert.equal(found.delimiter, delimiter);
    assert.deepEqual(found.rows[1]?.cells, ['1', '2', '3']);
  }
});

describe('encodings', () => {
  const text = 'Titel,Image\nKäse – 日本 😀,x\n';
  test('UTF-8 with and without a mark, UTF-16 with one', async () => {
    const utf16 = Buffer.from(`\u{feff}${text}`, 'utf16le');
    for (const [file, bom] of [
      [Buffer.from(text), false],
      [Buffer.from(`\u{feff}${text}`), true],
      [utf16, true],
      [Buffer.from(utf16).swap16(), true],
    ] as const) {
      for (const size of [1, 3, 4096]) {
        const found = await read(file, size);
        assert.deepEqual(
          found.rows.map((row) => row.cells[0]),
          ['Titel', 'Käse – 日本 😀'],
        );
        assert.equal(found.bom, bom);
      }
    }
  });

  test('bytes that do not decode are an error with their line', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},https://example.com/${i}.jpg`).join('\n');
    const file = Buffer.concat([
      Buffer.from(`Title,Image\n${rows}\nK`),
      Buffer.from([0xe4]),
      Buffer.from('se,x\n'),
    ]);
    await assert.rejects(read(file, 50), (error: Problem) => {
      assert.partialDeepStrictEqual(error.flaws[0], { code: 'wrong_encoding', line: 42 });
      return true;
    });
  });

  test('their line is the one of the records, whatever ends the lines', async () => {
    for (const wrong of [0xff, 0])
      for (const size of [1, 2, 4096]) {
        const file = Buffer.concat([Buffer.from('a\rb\rc\nd\r\ne\r\r\n'), Buffer.from([wrong])]);
        await assert.rejects(read(file, size), (error: Problem) => {
          assert.partialDeepStrictEqual(error.flaws[0], { line: 7 }, `${wrong} ${size}`);
          return true;
        });
      }
  });
});

test('a quote that is never closed ends in an error and not in memory', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('a,b\n1,2\n3,"');
    for (let i = 0; i < 100; i += 1) yield Buffer.alloc(1_000_000, 'x');
  }
  const table = await readTable(endless());
  await assert.rejects(
    async () => {
      for await (const row of table.rows) assert.ok(row);
    },
    (error: Problem) => {
      assert.partialDeepStrictEqual(error.flaws[0], { code: 'quote_not_closed', line: 3 });
      return true;
    },
  );
});

describe('headers', () => {
  test('the columns are found in any case, order and spelling', () => {
    for (const [header, images] of [
      ['S. No.,Product Name,Input Image Urls', 2],
      ['s.no,PRODUCT,input image urls', 2],
      ['Serial Number,Image URL(s),Title', 1],
      ['Image Src,Handle', 0],
      ['id,title,image_link,price', 2],
      ['SKU,Name,Images', 2],
      ['sku,base_image,price', 1],
    ] as const)
      assert.deepEqual(readHeader(header.split(','), 1).columns?.images, [images], header);
  });

  test('URLs may spill over only where the URL column is the last named one', () => {
    assert.equal(readHeader(['Name', 'Images'], 1).columns?.spill, 2);
    assert.equal(readHeader(['Name', 'Images', '', ''], 1).columns?.spill, 2);
    assert.equal(readHeader(['Images', 'Name'], 1).columns?.spill, undefined);
    assert.equal(readHeader(['Images', '€'], 1).columns?.spill, undefined);
  });
});

test('the delimiter is the one with which there is a column of images', async () => {
  for (const [header, delimiter] of [
    ['Reference;Name;Image URLs (x,y,z...)', ';'],
    ['ID;Image URLs (x,y,z...)', ';'],
    ['"a;b;c;d",Images', ','],
    ['id\timage_link\ttitle; long; and, with, commas', '\t'],
    ['a;b;c,d', ';'],
  ] as const)
    assert.equal((await read(`${header}\n1\n`)).delimiter, delimiter, header);
});

test('HTML in a cell makes no web page of a table, and a page is told as one', async () => {
  const html = 'Handle,Body (HTML),Image Src\na,"<meta charset=""utf-8""><title>x</title><p>Red</p>",\n';
  for (const size of [7, 1 << 16]) assert.equal((await read(html, size)).rows.length, 2);
  await assert.rejects(read('\n <!DOCTYPE html><html><head>'), /web page/);
});

test('wrong bytes are told with their line, wherever the pieces of the file end', async () => {
  const good = Buffer.from(`a,b\n${'é,漢字🖼️\n'.repeat(40)}`);
  const file = Buffer.concat([good, Buffer.from('x\xe9y\n', 'latin1')]);
  for (const size of [1, 2, 3, 5, 7, 1000])
    await assert.rejects(read(file, size), (error: Problem) => {
      assert.partialDeepStrictEqual(error.flaws[0], { code: 'wrong_encoding', line: 42 });
      return true;
    });
  await assert.rejects(read(Buffer.from('a\rb\r\xe9\r', 'latin1'), 1000), (error: Problem) => {
    assert.partialDeepStrictEqual(error.flaws[0], { line: 3 });
    return true;
  });
});
