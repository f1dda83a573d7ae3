import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check, property, string } from 'fast-check';
import { SaxesParser } from 'saxes';
import { Problem } from '../../src/errors.ts';
import { XlsxFile } from '../../src/results/xlsx.ts';
import { columnLetters } from '../../src/results/xlsx-rows.ts';
import { newFolder } from '../support/folder.ts';
import { readZip } from '../support/zip.ts';

const TIME = new Date('2026-11-30T12:00:00Z');

async function workbookOf(header: string[], rows: string[][]): Promise<Map<string, Buffer>> {
  await using folder = await newFolder();
  await using file = await XlsxFile.open(folder.path, header);
  await file.add(rows);
  await file.end();
  return readZip(Buffer.concat(await Array.fromAsync(file.read(TIME))));
}

/** The cells of a sheet by their references, as a parser of XML and Excel's escapes read them. */
function cellsOf(sheet: string): Map<string, { text: string; type: string | undefined }> {
  const cells = new Map<string, { text: string; type: string | undefined }>();
  let open = { text: '', type: undefined as string | undefined };
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => {
    if (name !== 'c') return;
    open = { text: '', type: attributes['t'] };
    cells.set(attributes['r'] ?? '', open);
  });
  parser.on('text', (text) => (open.text += text));
  parser.write(sheet).close();
  for (const cell of cells.values())
    cell.text = cell.text.replaceAll(/_x([\da-f]{4})_/gi, (_, code: string) =>
      String.fromCharCode(parseInt(code, 16)),
    );
  return cells;
}

async function readBack(cells: string[]): Promise<string[]> {
  const files = await workbookOf(
    ['SKU'],
    cells.map((cell) => [cell]),
  );
  const read = cellsOf((files.get('xl/worksheets/sheet1.xml') ?? Buffer.alloc(0)).toString());
  return cells.map((_, i) => {
    const cell = read.get(`A${i + 2}`);
    assert.ok(!cell || cell.type === 'inlineStr');
    return cell?.text ?? '';
  });
}

describe('a workbook of text', () => {
  test('has the parts that Excel needs, all of them well-formed', async () => {
    const files = await workbookOf(['SKU', 'Image'], [['1', 'https://a.example/1.jpg']]);
    assert.deepEqual(
      [...files.keys()],
      [
        '[Content_Types].xml',
        '_rels/.rels',
        'xl/workbook.xml',
        'xl/_rels/workbook.xml.rels',
        'xl/styles.xml',
        'xl/worksheets/sheet1.xml',
      ],
    );
    for (const content of files.values()) new SaxesParser({ xmlns: true }).write(content.toString()).close();
    const types = files.get('[Content_Types].xml')?.toString() ?? '';
    for (const [, part] of types.matchAll(/PartName="\/([^"]+)"/g)) assert.ok(files.has(part ?? ''), part);
    assert.match(
      String(files.get('xl/worksheets/sheet1.xml')),
      /<pane ySplit="1" topLeftCell="A2"[^>]* state="frozen"\/>/,
    );
  });

  test('keeps every text as it is', async () => {
    const cells = [
      '00000001',
      '1E5',
      '1234567890123456',
      "=cmd|' /C calc'!A0",
      '+1',
      '@SUM(A1)',
      '<b>&amp;</b> "quoted"',
      ' spaces at both ends ',
      'lines\nand\r\nlines\rand\ttabs',
      '_x000D_ and _x005F_x000D_',
      '\u0001\u0008\u000b\u001f',
      '\ufffe\uffff',
      'https://a.example/?a=1&b=_x0041_',
      '😀 Größe',
      'true',
      '2026-11-30',
    ];
    assert.deepEqual(await readBack(cells), cells);
    assert.deepEqual(await readBack(['half \ud83d of a pair']), ['half \ufffd of a pair']);
  });

  test('keeps any text', async () => {
    const texts: string[] = [];
    check(
      property(string({ unit: 'binary', maxLength: 20 }), (text) => texts.push(text) > 0),
      { numRuns: 500 },
    );
    assert.deepEqual(await readBack(texts), texts);
  });

  test('refuses what does not fit, and names output.csv', async () => {
    const longest = 'x'.repeat(32_767);
    assert.deepEqual(await readBack([longest]), [longest]);
    await assert.rejects(
      readBack(['', `${longest}x`]),
      (error: Problem) =>
        error.code === 'conflict' &&
        /^A cell .* SKU of product 2 has more: take output\.csv\.$/.test(error.message),
    );
  });

  test('names columns as Excel does', () => {
    assert.deepEqual(
      [0, 25, 26, 51, 52, 701, 702, 16_383].map((column) => columnLetters(column)),
      'A Z AA AZ BA ZZ AAA XFD'.split(' '),
    );
  });
});
