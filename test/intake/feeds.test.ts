/** Tables that come as CSV, JSON, NDJSON, XML, and as the workbooks that we write. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { readUpload } from '../../src/intake/read-upload.ts';
import type { ProductRow } from '../../src/intake/rows.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import { XlsxFile } from '../../src/results/xlsx.ts';
import { newFolder } from '../support/folder.ts';
import { HOSTILE_CELLS } from '../support/hostile-cells.ts';
import { previewOf } from '../support/previews.ts';

const KEYS = ['id', 'title', 'image_link', 'additional_image_link', 'note'] as const;
type Product = Record<(typeof KEYS)[number], string>;

const images = (name: string): string => `https://shop.example/${name}.jpg`;

const PRODUCTS: Product[] = [
  '00000001',
  '1E5',
  '1234567890123456',
  '12345678901234567890',
  '0.50',
  '+49 123',
  'Ä-1',
  ' 7 ',
].map((id, i) => ({
  id,
  title: `Größe "${i}", <b>& more</b>`,
  image_link: images(`${i}`),
  additional_image_link: i % 2 === 0 ? `${images(`${i}-a`)},${images(`${i}-b,c d`)}` : '',
  note: HOSTILE_CELLS[i]?.replaceAll('\r', '') ?? '',
}));

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
const csv = [KEYS.map(quoted), ...PRODUCTS.map((each) => KEYS.map((key) => quoted(each[key])))]
  .map((cells) => cells.join(','))
  .join('\n');

const objects = PRODUCTS.map((each) => {
  const [first = '', ...more] = each.additional_image_link.split(/,(?=https:)/);
  return { ...each, additional_image_link: more.length > 0 ? [first, ...more] : null };
});

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const xml = `<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>${objects
  .map(({ additional_image_link, ...each }) => {
    const all = [
      ...Object.entries(each),
      ...(additional_image_link ?? []).map((url) => ['additional_image_link', url]),
    ];
    return `<item>${all.map(([key, text = '']) => `<g:${key}>${escaped(text)}</g:${key}>`).join('')}</item>`;
  })
  .join('\n')}</channel></rss>`;

async function workbook(): Promise<Buffer> {
  await using folder = await newFolder();
  await using file = await XlsxFile.open(folder.path, KEYS);
  await file.add(PRODUCTS.map((each) => KEYS.map((key) => each[key])));
  await file.end();
  return Buffer.concat(await Array.fromAsync(file.read(new Date())));
}

const files: Record<string, Buffer> = {
  'a workbook that we wrote': await workbook(),
  CSV: Buffer.from(csv),
  JSON: Buffer.from(JSON.stringify(objects)),
  'JSON over several lines': Buffer.from(JSON.stringify({ data: { products: objects } }, null, 2)),
  NDJSON: Buffer.from(objects.map((each) => JSON.stringify(each)).join('\n')),
  XML: Buffer.from(xml),
  'XML on one line below its declaration': Buffer.from(xml.replaceAll('\n', '').replace('?>', '?>\n')),
  'JSON on one line below its beginning': Buffer.from(`\n{"products":\n${JSON.stringify(objects)}}`),
  'JSON with a byte order mark': Buffer.from(`\ufeff${JSON.stringify(objects)}`),
  'JSON in UTF-16': Buffer.from(`\ufeff${JSON.stringify(objects)}`, 'utf16le'),
  'XML in windows-1252': Buffer.from(xml.replace('?>', ' encoding="windows-1252"?>'), 'latin1'),
};

async function productsOf(
  file: Buffer,
): Promise<{ products: object[]; header: string[]; kind: string | undefined }> {
  const products: ProductRow[] = [];
  const rules = { maxBytes: 1e9, allowPaths: false, presets: new Set<string>() };
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < file.length; at += 700) yield file.subarray(at, at + 700);
  }
  const { errors, header, format } = await readUpload(
    chunks(),
    rules,
    ({ product }) => void products.push(product),
  );
  assert.deepEqual(errors.first, []);
  assert.deepEqual([format?.written?.above, format?.written?.below], ['', '']); // no product is repeated there
  return {
    products: products.map((product) => Object.assign(product, { line: 0, quoted: undefined })),
    header,
    kind: format?.kind,
  };
}

describe('one table in several formats', () => {
  const ascii = HOSTILE_CELLS.slice(0, PRODUCTS.length).every((cell) =>
    /^[\0-\u007f\u00a0-\u00ff]*$/.test(cell),
  );
  for (const [name, file] of Object.entries(files))
    test(name, { skip: name.includes('1252') && !ascii }, async () => {
      const expected = await productsOf(Buffer.from(csv));
      const { products, header } = await productsOf(file);
      const columns = expected.header.map((each) => header.indexOf(each));
      assert.deepEqual(header.toSorted(), expected.header.toSorted());
      for (const [i, product] of products.entries()) {
        const { cells, ...found } = product as { cells: string[] };
        const { cells: wanted, ...rest } = (expected.products[i] ?? {}) as { cells: string[] };
        assert.deepEqual(found, rest);
        if (!name.startsWith('XML'))
          assert.deepEqual(
            columns.map((column) => cells[column]),
            wanted,
          );
      }
      assert.equal(products.length, expected.products.length);
    });
});

async function stagedStrictly(file: Buffer): Promise<void> {
  await using folder = await newFolder();
  const rules = { maxBytes: 1e9, folder: folder.path, allowPaths: false, presets: [], tenantId: 1 };
  await using _ = await stageUpload(Readable.from([file]), { ...rules, warningsAre: 'errors' });
}

describe('errors', () => {
  const refusals: [file: string | Buffer, code: string, line: number, why: RegExp][] = [
    [
      '[{"image": "https://a.example/1.jpg"},\n{"image": "https://a.example/2.jpg"\n',
      'json_invalid',
      2,
      /ends within/,
    ],
    ['["https://a.example/1.jpg"]', 'json_invalid', 1, /must be an object here/],
    ['[]', 'empty_file', 1, /no rows/],
    ['{"a": "1"}\n{"a": "2"}', 'no_image_column', 1, /./],
    ['<?xml version="1.0" encoding="x-unknown"?><rss/>', 'wrong_encoding', 1, /"x-unknown"/],
    ['<?xml version="1.0"?><rss/>', 'xml_invalid', 1, /no products/],
    [Buffer.from('[{"sku": "\xe4"}]', 'latin1'), 'wrong_encoding', 1, /as JSON in .*charset=windows-1252/],
    [Buffer.from('<rss><channel>\n<item>\xe4', 'latin1'), 'wrong_encoding', 2, /as XML in UTF-8/],
    ['[{"sku": "1"},\n\0]', 'json_invalid', 2, /NUL/],
    ['<rss>\n\0</rss>', 'xml_invalid', 2, /NUL/],
  ];
  for (const [file, code, line, why] of refusals)
    test(`${code}: ${String(file).slice(0, 50)}`, async () => {
      const { errors } = await previewOf(Buffer.from(file as string));
      assert.deepEqual([errors[0]?.code, errors[0]?.line], [code, line]);
      assert.match(errors[0]?.detail ?? '', why);
    });

  test('a key that comes too late is a warning; strict refuses it', async () => {
    const lines = Array.from({ length: 1_001 }, (_, i) =>
      JSON.stringify({ image: images(`${i}`), ...(i === 1_000 && { late: '1' }) }),
    );
    const file = Buffer.from(lines.join('\n'));
    const { warnings } = await previewOf(file);
    assert.ok(warnings.some(({ code, line }) => code === 'unknown_key' && line === 1_001));
    await assert.rejects(stagedStrictly(file), { code: 'csv_invalid' });
  });
});
