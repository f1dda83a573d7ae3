import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Problem } from '../../src/errors.ts';
import { readTable } from '../../src/csv/table.ts';

async function cellsOf(file: string | Buffer, charset?: string): Promise<string[][]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from(file as string);
  }
  const { rows } = await readTable(chunks(), { charset });
  return Array.fromAsync(rows, ({ cells }) => cells);
}

async function refusal(file: string | Buffer, charset?: string) {
  const problem = await cellsOf(file, charset).then(
    () => undefined,
    (error: Problem) => error,
  );
  const [flaw] = problem?.flaws ?? [];
  assert.ok(flaw && 'line' in flaw, `it was taken: ${String(file).slice(0, 80)}`);
  return flaw;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const zip = (name: string): Buffer => latin1(`PK\x03\x04${'\0'.repeat(26)}${name}`);
const CSV = 'SKU,Images\nA,https://a.example/1.jpg\n';

test('a file of another kind is named as what it is, with what to do', async () => {
  const kinds: [string | Buffer, RegExp][] = [
    [
      latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + '\0'.repeat(600)),
      /old Excel workbook \(\.xls\).*[Ss]ave the table as CSV/,
    ],
    [zip('[Content_Types].xml'), /Excel workbook \(\.xlsx\)/],
    [zip('xl/workbook.xml'), /Excel workbook \(\.xlsx\)/],
    [zip('mimetypeapplication/vnd.oasis.opendocument.spreadsheet'), /OpenDocument file \(\.ods\)/],
    [zip('Index/Document.iwa'), /Numbers spreadsheet/],
    [zip('catalog.csv'), /Excel workbook or a ZIP archive/],
    [gzipSync(CSV), /compressed with gzip.*Unpack it.*Content-Encoding: gzip/],
    [zstdCompressSync(CSV), /compressed with Zstandard/],
    [latin1('BZh91AY&SY\x01\x02'), /compressed with bzip2/],
    [latin1('\xfd7zXZ\0\0\x04'), /compressed with xz/],
    [latin1('7z\xbc\xaf\x27\x1c\0\x04'), /7-Zip archive/],
    [latin1('Rar!\x1a\x07\x01\0'), /RAR archive/],
    [`catalog.csv${'\0'.repeat(246)}ustar\0`, /tar archive/],
    [latin1('PAR1\x15\x04\x15\x10'), /Parquet/],
    [latin1('SQLite format 3\0'), /SQLite/],
    [latin1('%PDF-1.7\n'), /a PDF/],
    ['{\\rtf1\\ansi', /RTF/],
    ['{"products": [{"sku": 1}]}', /a JSON file/],
    ['\ufeff[{"sku": 1}]', /a JSON file/],
    ['  [\n  {\n "sku": 1}]', /a JSON file/],
    ['{"sku":1}\n{"sku":2}\n', /JSON lines \(NDJSON\)/],
    ['<?xml version="1.0"?>\n<rss version="2.0">', /an XML file/],
    ['<products><product>', /an XML file/],
    ['<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', /Excel workbook in XML/],
    ['<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', /saved as a web page/],
    ['<table border="1"><tr><td>SKU</td>', /table in a web page/],
    ['<!-- made by a shop -->\n<html>', /web page/],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', /image \(SVG\)/],
    [Buffer.from('\ufeff<html><body>', 'utf16le'), /web page/],
    ['-- MySQL dump 10.13\n--\nCREATE TABLE `x` (', /SQL dump/],
    ['MIME-Version: 1.0\nContent-Type: multipart/related', /MHTML/],
    [Buffer.from([0xff, 0xfe, 0, 0, 0x53, 0, 0, 0]), /UTF-32/],
  ];
  for (const [file, detail] of kinds) {
    const flaw = await refusal(file);
    assert.equal(flaw.code, 'not_a_csv', String(detail));
    assert.match(flaw.detail, detail);
  }
});

test('a table whose first cell only looks like another kind is read', async () => {
  for (const header of [
    ...[
      '[Image],[Name]',
      '{Image},Name',
      '"[""x""]",Image',
      'ORCID,Images',
      'PAR1,Images',
      'ID;Product;Image',
    ],
    ...['<b>SKU</b>,Images', 'Rar,Images', '--,Images', 'BM,Images', '#SKU,Images'],
  ])
    assert.equal((await cellsOf(`${header}\n1,2\n`)).length, 2, header);
});

test('bytes that are not UTF-8 are shown as the likeliest encodings read them', async () => {
  const files: [string, string, Buffer][] = [
    ['windows-1252', 'Käse – süß', latin1('K\xe4se \x96 s\xfc\xdf')],
    ['windows-1252', 'Niño señor', latin1('Ni\xf1o se\xf1or')],
    ['macintosh', 'Käse und Größe', latin1('K\x8ase und Gr\x9a\xa7e')],
    ['windows-1250', 'Żółta łódź', latin1('\xaf\xf3\xb3ta \xb3\xf3d\x9f')],
    ['windows-1251', 'Красная', latin1('\xca\xf0\xe0\xf1\xed\xe0\xff')],
    ['windows-1254', 'Çalışma', latin1('\xc7al\xfd\xfema')],
    ['shift_jis', '赤いカップ', latin1('\x90\xd4\x82\xa2\x83J\x83b\x83v')],
    ['gbk', '红色的杯子', latin1('\xba\xec\xc9\xab\xb5\xc4\xb1\xad\xd7\xd3')],
    ['euc-kr', '빨간 머그컵', latin1('\xbb\xa1\xb0\xa3 \xb8\xd3\xb1\xd7\xc4\xc5')],
  ];
  for (const [charset, text, bytes] of files) {
    const file = Buffer.concat([
      latin1('SKU,Name,Images\n1,Plain,u\n2,'),
      bytes,
      latin1(',https://a.example/1.jpg\n3,x,u\n'),
    ]);
    const { code, line, detail } = await refusal(file);
    assert.deepEqual([code, line], ['wrong_encoding', 3]);
    assert.ok(detail.includes(`charset=${charset} reads "2,${text},https://a.example/1.jpg"`), detail);
    assert.ok(detail.length < 500 && detail.split('charset=').length <= 4, detail);
    assert.equal((await cellsOf(file, charset))[2]?.[1], text);
  }
});

test('UTF-16 without a mark is named, and read when it is', async () => {
  for (const [charset, bytes] of [
    ['utf-16le', Buffer.from(CSV, 'utf16le')],
    ['utf-16be', Buffer.from(CSV, 'utf16le').swap16()],
  ] as const) {
    const { code, detail } = await refusal(bytes);
    assert.equal(code, 'wrong_encoding');
    assert.ok(detail.includes(`charset=${charset} reads "SKU,Images"`), detail);
    assert.equal((await cellsOf(bytes, charset)).length, 2);
  }
});

test('bars between cells are read, and bars between URLs stay in their cell', async () => {
  const [bars, said, comma] = await Promise.all([
    cellsOf('SKU|Name|Images\nA|Mug|"https://a.example/1.jpg|https://a.example/2.jpg"\n'),
    cellsOf('sep=|\r\nA|Pictures\r\n1|2\r\n'),
    cellsOf('SKU,Images\nA,https://a.example/1.jpg|https://a.example/2.jpg\n'),
  ]);
  assert.deepEqual(bars[1], ['A', 'Mug', 'https://a.example/1.jpg|https://a.example/2.jpg']);
  assert.deepEqual(said, [
    ['A', 'Pictures'],
    ['1', '2'],
  ]);
  assert.deepEqual(comma[1], ['A', 'https://a.example/1.jpg|https://a.example/2.jpg']);
});

test("Excel's rows without content are no rows, and the others keep their lines", async () => {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from(',,\nSKU,Name,Images\n,,\n\n ,\t,\n1,A,u\n,,\n"","",""\n2,B,v\n,,\n');
  }
  const { rows } = await readTable(chunks());
  assert.deepEqual(await Array.fromAsync(rows, ({ line }) => line), [2, 6, 9]);
});
