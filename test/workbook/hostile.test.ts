/** Files that want memory, time, or other files. Each is refused within a second of CPU time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { takesAtMostAsync } from '../support/cpu.ts';
import { readingOf, refusalOf, rowsOf } from '../support/read-workbook.ts';
import { relationsPart, textRows, textWorkbook, workbook, workbookParts } from '../support/workbooks.ts';
import { type BuiltPart, buildZip } from '../support/zip-builder.ts';

const TABLE = [
  ['SKU', 'Images'],
  ['A', 'https://a.example/1.jpg'],
];

/** The parts of a sound workbook, some of them replaced. */
function withParts(...others: BuiltPart[]): Buffer {
  const parts = workbookParts({ sheets: [{ name: 'A', rows: textRows(TABLE) }] });
  const names = new Set(others.map(({ name }) => name));
  return buildZip([...parts.filter(({ name }) => !names.has(name)), ...others]);
}

const SHEET = 'xl/worksheets/sheet1.xml';
const sheetOf = (rows: string): string => `<worksheet><sheetData>${rows}</sheetData></worksheet>`;
const cell = (at: string, text: string): string => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
const MEGABYTE = 2 ** 20;

/** Content that is repeated, compressed as well as it can be. */
function bomb(name: string, [begin, unit, end]: [string, string, string], megabytes: number): BuiltPart {
  const content = Buffer.concat([
    Buffer.from(begin),
    Buffer.alloc(megabytes * MEGABYTE, unit),
    Buffer.from(end),
  ]);
  return { name, content, raw: deflateRawSync(content, { level: 9 }) };
}

async function refused(file: Buffer, code: string, detail: RegExp): Promise<void> {
  const flaw = await takesAtMostAsync(1_000, code, () => refusalOf(file));
  assert.match(flaw?.code ?? '', new RegExp(`^(${code})$`), String(flaw?.detail));
  assert.match(flaw?.detail ?? '', detail);
}

await readingOf(textWorkbook(TABLE)); // loading and compiling is no part of what is measured

describe('a ZIP that lies or unpacks to too much', () => {
  test('by a ratio of compression that no table has', async () => {
    const rows = bomb(SHEET, ['<worksheet><sheetData><row>', '<c/>', '</row></sheetData></worksheet>'], 64);
    await refused(withParts(rows), 'file_too_complex', /more than 200 times its size, as a ZIP bomb/);
    await refused(withParts({ ...rows, declaredBytes: 1000 }), 'zip_damaged', /damaged/);
  });

  test('by what it says of itself', async () => {
    const rows = { name: SHEET, content: sheetOf(textRows(TABLE)) };
    await refused(withParts({ ...rows, declaredBytes: 2 ** 31 }), 'file_too_complex', /1024 MiB|ZIP bomb/);
    await refused(withParts({ ...rows, declaredBytes: 20 }), 'zip_damaged', /damaged/);
    await refused(withParts({ ...rows, checksum: 1 }), 'zip_damaged', /damaged/);
    await refused(withParts({ ...rows, raw: Buffer.from('no deflate') }), 'zip_damaged', /damaged/);
  });

  test('by the number of its parts', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({
      name: `xl/media/${i}.png`,
      content: '',
      isStored: true,
    }));
    await refused(withParts(...many), 'file_too_complex', /more than 10000 parts/);
  });

  test('by shared texts and by parts that are kept in memory', async () => {
    const big = { content: '<sst/>', declaredBytes: 300 * MEGABYTE };
    const strings = { ...big, name: 'xl/sharedStrings.xml' };
    const parts = workbookParts({ sheets: [{ name: 'A', rows: textRows(TABLE) }], strings: '' });
    const file = buildZip([...parts.filter(({ name }) => name !== strings.name), strings]);
    await refused(file, 'file_too_complex', /texts of the workbook have more than 256 MiB/);
    await refused(withParts({ ...big, name: 'xl/workbook.xml' }), 'file_too_complex', /more than 64 MiB/);
  });
});

describe('a ZIP with what no workbook has', () => {
  test('names that leave the folder', async () => {
    for (const name of ['../../etc/passwd', '/etc/passwd', 'C:/a.xml', 'a/../../b'])
      await refused(withParts({ name, content: 'x' }), 'zip_unsafe_name', /leaves its folder/);
  });

  test('links, parts with a password, other compressions', async () => {
    const link = { name: 'xl/link', content: '/etc/passwd', attributes: (0o120777 << 16) >>> 0 };
    await refused(withParts(link), 'zip_special_file', /"xl\/link" in the file is a link/);
    const sheet = { name: SHEET, content: sheetOf(textRows(TABLE)) };
    await refused(withParts({ ...sheet, flags: 0x801 }), 'file_encrypted', /has a password. Remove it/);
  });

  test('a file that is cut anywhere', async () => {
    const file = textWorkbook(TABLE);
    for (const share of [0.1, 0.5, 0.9, 0.99])
      await refused(
        file.subarray(0, file.length * share),
        'zip_damaged',
        /^The end of the file is missing: .* save the workbook/,
      );
  });
});

describe('XML that wants more than a table needs', () => {
  test('entities and document types', async () => {
    const doctype = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>';
    const content = `${doctype}${sheetOf('<row><c t="inlineStr"><is><t>&b;</t></is></c></row>')}`;
    await refused(withParts({ name: SHEET, content }), 'xml_invalid', /document type/);
    const external = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><workbook/>';
    await refused(withParts({ name: 'xl/workbook.xml', content: external }), 'xml_invalid', /document type/);
    const unknown = sheetOf('<row><c t="inlineStr"><is><t>&b;</t></is></c></row>');
    await refused(withParts({ name: SHEET, content: unknown }), 'xml_invalid', /an "&" begins no entity/);
  });

  test('a cell, a tag or a comment without an end', async () => {
    const text = cell('A1', 'x'.repeat(70_000));
    await refused(
      withParts({ name: SHEET, content: sheetOf(`<row r="3">${text}</row>`) }),
      'field_too_long',
      /65536/,
    );
    const strings = `<si><t>${'x'.repeat(70_000)}</t></si>`;
    const rows = textRows(TABLE);
    await refused(workbook({ sheets: [{ name: 'A', rows }], strings }), 'field_too_long', /65536/);
    const noise = Buffer.from(
      Array.from({ length: MEGABYTE }, (_, i) => 97 + ((i * i * 31) % 25)),
    ).toString();
    for (const open of ['<row r="', '<!--', '<row><c t="inlineStr"><is><t>'])
      await refused(
        withParts({ name: SHEET, content: `<worksheet><sheetData>${open}${noise}${noise}` }),
        'field_too_long',
        /more than 512 K characters/,
      );
  });

  test('too many rows, columns and characters; rows that are not in order', async () => {
    const rows = (content: string): Buffer => withParts({ name: SHEET, content: sheetOf(content) });
    await refused(
      rows(`<row r="1048577">${cell('A1048577', 'x')}</row>`),
      'file_too_complex',
      /1048576 rows/,
    );
    await refused(
      rows(`<row r="7">${cell('XFD7', 'x')}</row>`),
      'too_many_columns',
      /column XFD; at most 200/,
    );
    await refused(rows('<row r="2"/><row r="2"/>'), 'xml_invalid', /not in order/);
    await refused(rows('<row r="-1"/>'), 'xml_invalid', /not in order/);
    const long = Array.from(
      { length: 20 },
      () => `<c t="inlineStr"><is><t>${'x'.repeat(60_000)}</t></is></c>`,
    );
    await refused(rows(`<row>${long.join('')}</row>`), 'row_too_long', /1 million/);
    await refused(rows('<row><c t="s"><v>7</v></c></row>'), 'xml_invalid', /does not have/);
    await refused(rows('<row>'), 'xml_invalid', /.+/);
  });

  test('a link over the whole sheet', async () => {
    const sheet = {
      name: 'A',
      rows: textRows(TABLE),
      tail: '<hyperlinks><hyperlink ref="A1:XFD1048576" r:id="rId1"/></hyperlinks>',
      relations: [{ id: 'rId1', type: 'hyperlink', target: 'https://a.example/', isExternal: true }],
    };
    await refused(workbook({ sheets: [sheet] }), 'file_too_complex', /links/);
  });

  test('formulas that join long cells, in every cell, make no long links', async () => {
    const joined = Array.from({ length: 20 }, () => '$A1').join('&amp;');
    const columns = Array.from({ length: 150 }, () => '<c><f t="shared" si="0"/></c>').join('');
    const first = `<c t="s"><v>0</v></c><c><f t="shared" si="0">IMAGE(${joined})</f></c>`;
    const below = `<row><c t="s"><v>0</v></c>${columns}</row>`.repeat(100);
    const strings = `<si><t>${'x'.repeat(60_000)}</t></si>`;
    const file = workbook({ sheets: [{ name: 'A', rows: `<row>${first}</row>${below}` }], strings });
    const beside = (await rowsOf(file)).flatMap((row) => row.beside ?? []);
    assert.equal(beside.length, 1 + 100 * 150);
    assert.ok(beside.every((each) => 'lacks' in each));
  });

  test('the target of a link that is too long is cut, and told', async () => {
    const sheet = {
      name: 'A',
      rows: textRows([
        ['SKU', 'Image'],
        ['A', 'photo'],
      ]),
      tail: '<hyperlinks><hyperlink ref="B2" r:id="rId1"/></hyperlinks>',
      relations: [
        {
          id: 'rId1',
          type: 'hyperlink',
          target: `https://a.example/${'x'.repeat(60_000)}`,
          isExternal: true,
        },
      ],
    };
    const file = workbook({ sheets: [sheet] });
    const [link] = (await rowsOf(file)).flatMap((row) => row.beside ?? []);
    assert.ok(link && 'link' in link && link.link.length === 2_001);
    const { reading } = await readingOf(file);
    assert.match(reading.errors.first[0]?.detail ?? '', /more than 2000 characters/);
  });

  test('more pictures, sheets and relationships than anybody has', async () => {
    const anchor = '<oneCellAnchor><from><row>1</row><col>1</col></from><blip r:embed="a"/></oneCellAnchor>';
    const sheet = {
      name: 'A',
      rows: textRows(TABLE),
      tail: '<drawing r:id="d"/>'.repeat(2),
      relations: [{ id: 'd', type: 'drawing', target: '../drawings/drawing1.xml' }],
    };
    const drawn = (anchors: number): Buffer =>
      workbook({
        sheets: [sheet],
        parts: [
          { name: 'xl/drawings/drawing1.xml', content: `<wsDr>${anchor.repeat(anchors)}</wsDr>` },
          relationsPart('xl/drawings/_rels/drawing1.xml.rels', [
            { id: 'a', type: 'image', target: '../media/1.png' },
          ]),
        ],
      });
    assert.equal((await refusalOf(drawn(200_001)))?.code, 'file_too_complex');
    assert.equal(
      (await rowsOf(drawn(3))).flatMap(({ beside }) => beside ?? []).length,
      3,
      'each counts once',
    );
    const sheets = '<sheet/>'.repeat(10_001);
    await refused(
      withParts({ name: 'xl/workbook.xml', content: `<workbook>${sheets}</workbook>` }),
      'file_too_complex',
      /10000 sheets/,
    );
    const relations = Array.from({ length: 250_001 }, (_, i) => `<Relationship Id="${i}"/>`).join('');
    await refused(
      withParts({
        name: 'xl/_rels/workbook.xml.rels',
        content: `<Relationships>${relations}</Relationships>`,
      }),
      'file_too_complex',
      /250000 relationships/,
    );
  });
});

describe('files that look like a workbook are refused as what they are', () => {
  test('binary workbooks, other documents, OpenDocument', async () => {
    const binary = [
      { name: '[Content_Types].xml', content: '<Types/>' },
      relationsPart('_rels/.rels', [{ id: 'rId1', type: 'officeDocument', target: 'xl/workbook.bin' }]),
      { name: 'xl/workbook.bin', content: 'x' },
    ];
    await refused(
      buildZip(binary),
      'not_a_csv',
      /binary Excel workbook \(\.xlsb\).*save it as an Excel workbook/,
    );
    const word = [
      { name: '[Content_Types].xml', content: '<Types/>' },
      relationsPart('_rels/.rels', [{ id: 'rId1', type: 'officeDocument', target: 'word/document.xml' }]),
      { name: 'word/document.xml', content: '<w:document/>' },
    ];
    await refused(buildZip(word), 'not_a_csv', /another Office document/);
    const open = [
      { name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet', isStored: true },
      { name: 'content.xml', content: '<office/>' },
    ];
    await refused(buildZip(open), 'not_a_csv', /OpenDocument file \(\.ods\)/);
  });

  test('old workbooks, and those with a password', async () => {
    await refused(
      compoundFile('Workbook'),
      'not_a_csv',
      /old Excel workbook \(\.xls\).*save it as an Excel workbook/,
    );
    await refused(compoundFile('EncryptedPackage'), 'file_encrypted', /has a password.*remove the password/);
    await refused(compoundFile('Workbook').subarray(0, 600), 'not_a_csv', /old Excel workbook/);
  });
});

/** A compound file ([MS-CFB]) with its directory in the second sector. */
function compoundFile(stream: string): Buffer {
  const header = Buffer.alloc(512);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header);
  header.writeUInt16LE(9, 30);
  header.writeUInt32LE(1, 48);
  const entry = (name: string): Buffer =>
    Buffer.concat([Buffer.from(name, 'utf16le'), Buffer.alloc(128)]).subarray(0, 128);
  return Buffer.concat([header, Buffer.alloc(512), entry('Root Entry'), entry(stream), Buffer.alloc(256)]);
}
