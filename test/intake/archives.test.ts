/** ZIP archives of a table with its pictures, and of pictures alone, as they are read. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import { type Flaw, Problem } from '../../src/errors.ts';
import { tableFileOf } from '../../src/archive/table-file.ts';
import { pictureRows } from '../../src/intake/archive-table.ts';
import { previewUpload } from '../../src/intake/preview.ts';
import { stageUpload } from '../../src/intake/staged-upload.ts';
import type { ZipPart } from '../../src/zip/zip-file.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type BuiltPart, buildZip } from '../support/zip-builder.ts';

let folder: Folder;
before(async () => {
  folder = await newFolder();
});
after(() => folder[Symbol.asyncDispose]());

const rules = () => ({
  maxBytes: 1e9,
  maxSourceBytes: 1_000,
  folder: folder.path,
  allowPaths: false,
  presets: new Set<string>(),
});

async function previewOf(zip: Buffer) {
  return (await previewUpload(Readable.from([zip]), rules())).preview;
}

/** Files whose content is their name. */
function files(...names: string[]): BuiltPart[] {
  return names.map(file);
}

function file(name: string): BuiltPart {
  return { name, content: name };
}

function table(name: string, ...lines: string[]): BuiltPart {
  return { name, content: `${lines.join('\n')}\n` };
}

const codes = (flaws: Flaw[]): string[] => flaws.map(({ code }) => code);

describe('a table with pictures', () => {
  test('cells name paths; else the file name, if there is one such file; case and the Unicode form do not count', async () => {
    const zip = buildZip([
      table(
        'shop/products.csv',
        'SKU,Image URLs',
        ...['A,img/a.jpg', 'B,shop/img/B.JPG', 'C,c.jpg', 'D,C:\\Users\\me\\d.jpg', 'E,./img/caf\u00e9.jpg'],
        ...['F,"img/a.jpg,https://h.test/x.jpg"', 'G,img/50%25 off%2C now.jpg', 'H,n/a'],
      ),
      ...files('shop/img/a.jpg', 'shop/img/b.jpg', 'shop/deep/down/c.jpg', 'shop/img/D.jpg'),
      ...files('shop/img/cafe\u0301.jpg', 'shop/img/50% off, now.jpg', 'a.jpg'),
    ]);
    const { ok, errors, first_rows: rows, images, warnings } = await previewOf(zip);
    assert.deepEqual([ok, errors, images], [true, [], 8]);
    assert.deepEqual(
      rows.map((row) => row.images),
      [
        ['shop/img/a.jpg'],
        ['shop/img/b.jpg'],
        ['shop/deep/down/c.jpg'],
        ['shop/img/D.jpg'],
        ['shop/img/cafe\u0301.jpg'],
      ],
    );
    assert.deepEqual(codes(warnings), ['files_not_named', 'placeholder', 'no_images']);
    assert.equal(warnings[0]?.detail, '1 picture of the archive is named by no row, and is not used: a.jpg');
  });

  test('a cell that names no file, or several, is an error of its row, with the nearest name', async () => {
    const zip = buildZip([
      table(
        'p.csv',
        'SKU,Image URLs',
        'A,red-shoe.jgp',
        'B,x/1.jpg',
        'C,1.jpg',
        'D,big.jpg',
        'E,www.h.test/1.jpg',
      ),
      ...files('img/red-shoe.jpg', 'a/1.jpg', 'b/1.jpg'),
      { name: 'big.jpg', content: Buffer.alloc(1_001) },
    ]);
    const { errors } = await previewOf(zip);
    assert.deepEqual(
      errors.map(({ line, code, detail }) => `${line} ${code} ${detail}`),
      [
        '2 file_not_found There is no file "red-shoe.jgp" in the archive. Did you mean "img/red-shoe.jpg"?',
        '3 file_not_found Several files in the archive are named "x/1.jpg": write its path.',
        '4 file_not_found Several files in the archive are named "1.jpg": write its path.',
        '5 source_too_large The file "big.jpg" has 0 MB; at most 0 MB are allowed (MAX_SOURCE_BYTES).',
        '6 invalid_url "www.h.test/1.jpg" is not an image URL: it does not begin with http:// or https://; write https://www.h.test/1.jpg if you mean that.',
      ],
    );
    const staging = { ...rules(), tenantId: 1, presets: [], onInvalid: 'skip' } as const;
    await using staged = await stageUpload(Readable.from([zip]), staging);
    assert.deepEqual(staged.rejectedImages, { file_not_found: 3, source_too_large: 1, invalid_url: 1 });
  });

  test('names may begin with ./, and hidden files stay hidden', async () => {
    const zip = buildZip([
      { name: './', content: '' },
      table('./products.csv', 'SKU,Image URLs', 'A,img/1.jpg', 'B,./img/2.jpg'),
      ...files('./img/1.jpg', './img/./2.jpg', './.DS_Store', './img/.hidden.jpg'),
    ]);
    const { ok, first_rows: rows, warnings } = await previewOf(zip);
    assert.deepEqual([ok, rows.map((row) => row.images)], [true, [['img/1.jpg'], ['img/2.jpg']]]);
    assert.deepEqual(warnings, []);
    const alone = await previewOf(buildZip(files('./1.jpg', './A/1.jpg')));
    assert.deepEqual(
      alone.first_rows.map(({ sku }) => sku),
      ['1', 'A'],
    );
  });

  test('links, encrypted files and odd names are left out with a warning; what systems add for themselves without one', async () => {
    const zip = buildZip([
      table('p.csv', 'SKU,Image URLs', 'A,a.jpg'),
      ...files('a.jpg', '__MACOSX/._a.jpg', '.DS_Store', 'img/.hidden/x.jpg', 'Thumbs.db', 'img/', 'Icon\r'),
      { name: 'link.jpg', content: '/etc/passwd', attributes: 0o120777 * 65_536 },
      { name: 'secret.jpg', content: 'x', flags: 1 },
    ]);
    const { ok, warnings } = await previewOf(zip);
    assert.equal(ok, true);
    assert.deepEqual(warnings, [
      {
        line: 1,
        code: 'files_left_out',
        detail:
          '3 files of the archive are left out: Icon\r (its name has control characters), link.jpg (a link), secret.jpg (encrypted)',
      },
    ]);
  });

  test('the table is the only one nearest to the root; several there are refused by name', async () => {
    const inner = table('old/p.csv', 'SKU,Image URLs', 'A,a.jpg');
    const outer = table('p.csv', 'SKU,Image URLs', 'B,a.jpg', 'C,a.jpg');
    const { rows } = await previewOf(buildZip([inner, outer, ...files('a.jpg', 'notes.json')]));
    assert.equal(rows, 2);
    const { errors } = await previewOf(buildZip([outer, table('q.tsv', 'SKU'), inner]));
    assert.deepEqual(
      errors.map(({ code, detail }) => `${code}: ${detail}`),
      ['several_tables: The archive has 2 tables: "p.csv", "q.tsv". Leave one of them in it.'],
    );
  });

  test('each content is kept once, whatever its names are; unnamed pictures are not unpacked', async () => {
    const zip = buildZip([
      table('p.csv', 'SKU,Image URLs', 'A,"a.jpg,b.jpg"', 'B,a.jpg', 'C,c.jpg'),
      { name: 'a.jpg', content: 'same' },
      { name: 'b.jpg', content: 'same' },
      { name: 'c.jpg', content: 'other', isStored: true },
      { name: 'd.jpg', content: 'unnamed, and damaged', checksum: 1 },
    ]);
    await using staged = await stageUpload(Readable.from([zip]), { ...rules(), tenantId: 1, presets: [] });
    const kept = await Promise.all(
      staged.pictures.map(async ({ path, name, bytes, sha256 }) => {
        const content = await readFile(path);
        assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
        return [name, bytes, content.toString()];
      }),
    );
    assert.deepEqual(kept, [
      ['a.jpg', 4, 'same'],
      ['c.jpg', 5, 'other'],
    ]);
    const images = (await readFile(staged.files.images, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    const [same = '', other = ''] = staged.pictures.map(({ sha256 }) => `upload:${sha256}`);
    assert.deepEqual(
      images.map((columns) => columns.slice(6, 8)),
      [same, same, same, other].map((url) => [url, 'upload']),
    );
    assert.deepEqual(
      images.map((columns) => Number(columns[9])),
      [1, 1, 1, 4],
      'images of one content follow the first',
    );
  });
});

describe('pictures alone', () => {
  test('their names say which products they are of, and in which order', async () => {
    const zip = buildZip(
      files(
        ...['x/A1-2.jpg', 'x/A1-1.png', 'B_7-01.jpg', 'B_7_02.jpg', 'C/1.jpg', 'C/10.jpg', 'C/2.webp'],
        ...['D.tiff', 'D-1.jpg', 'E F, g.jpg', 'readme.txt'],
      ),
    );
    const { ok, columns, first_rows: rows, warnings } = await previewOf(zip);
    assert.deepEqual([ok, columns.sku], [true, ['SKU']]);
    assert.deepEqual(
      rows.map(({ sku, images }) => [sku].concat(images)),
      [
        ['A1', 'x/A1-1.png', 'x/A1-2.jpg'],
        ['B_7', 'B_7-01.jpg', 'B_7_02.jpg'],
        ['C', 'C/1.jpg', 'C/2.webp', 'C/10.jpg'],
        ['D', 'D.tiff', 'D-1.jpg'],
        ['E F, g', 'E F, g.jpg'],
      ],
    );
    assert.deepEqual(codes(warnings), ['files_left_out']);
  });

  test('a name with a comma is not taken for one that has %2C in it', async () => {
    const { first_rows: rows, warnings } = await previewOf(
      buildZip(files('a,1.jpg', 'a%2C1.jpg', 'b%20c.jpg')),
    );
    assert.deepEqual(
      rows.map((row) => row.images),
      [['a,1.jpg'], ['a%2C1.jpg'], ['b%20c.jpg']],
    );
    assert.deepEqual(warnings, []);
  });

  /** The products that the names tell, each with its pictures, and the codes of warnings. */
  async function productsOf(names: string[], pictureNames?: 'auto' | 'sku-number' | 'sku') {
    const zip = Readable.from([buildZip(files(...names))]);
    const { preview } = await previewUpload(zip, { ...rules(), pictureNames });
    const products = preview.first_rows.map(({ sku, images }) => [sku, ...images].join(' '));
    return {
      products,
      codes: codes(preview.warnings),
      details: preview.warnings.map(({ detail }) => detail),
    };
  }

  test('digits at the end of a name belong to the SKU where the other names show it, and to the picture where they do not', async () => {
    for (const [names, expected, isUnclear] of [
      [['A-12.jpg', 'A-12-1.jpg', 'A-12-2.jpg'], ['A-12 A-12.jpg A-12-1.jpg A-12-2.jpg'], false],
      [['A-12-1.jpg', 'A-12-2.jpg', 'A-7-1.jpg'], ['A-12 A-12-1.jpg A-12-2.jpg', 'A-7 A-7-1.jpg'], false],
      [['A-12-3.jpg', 'A-12.jpg'], ['A-12 A-12.jpg A-12-3.jpg'], false],
      [['A.jpg', 'A-12.jpg'], ['A A.jpg A-12.jpg'], false],
      [['A-1.jpg', 'A-2.jpg', 'A-12.jpg'], ['A A-1.jpg A-2.jpg A-12.jpg'], false],
      [['A_0.jpg', 'A_1.jpg'], ['A A_0.jpg A_1.jpg'], false],
      [['A-1.jpg'], ['A A-1.jpg'], false],
      [['A-12.jpg'], ['A-12 A-12.jpg'], true],
      [['A-11.jpg', 'A-12.jpg', 'B.jpg'], ['A-11 A-11.jpg', 'A-12 A-12.jpg', 'B B.jpg'], true],
      [['A-1.jpg', 'A-12.jpg', 'A-12-1.jpg'], ['A A-1.jpg', 'A-12 A-12.jpg A-12-1.jpg'], false],
    ] as const) {
      const read = await productsOf([...names]);
      assert.deepEqual(read.products, expected);
      assert.deepEqual(read.codes, isUnclear ? ['picture_names_unclear'] : [], names.join(' '));
    }
  });

  test('what is unclear is told, and an option says it exactly', async () => {
    const names = ['A-11.jpg', 'A-12.jpg', ...Array.from({ length: 21 }, (_, i) => `mug-${i + 1}.jpg`)];
    const { details } = await productsOf(names);
    assert.deepEqual(details, [
      'Of the names of the pictures, the digits at the end of A-11.jpg, A-12.jpg are read as a part of the SKU, because no picture without digits or with the number 1 is there; those of mug (21 pictures) as the numbers of pictures of one product. If that is wrong, send the option picture_names: sku-number or sku.',
    ]);
    const numbered = await productsOf(names, 'sku-number');
    assert.deepEqual([numbered.products[0], numbered.codes], ['A A-11.jpg A-12.jpg', []]);
    const whole = await productsOf([...names, 'C/1.jpg'], 'sku');
    assert.deepEqual(
      [whole.products.slice(0, 3), whole.codes],
      [['A-11 A-11.jpg', 'A-12 A-12.jpg', 'mug-1 mug-1.jpg'], []],
    );
  });

  test('a product of more than 50 pictures is an error of its row; an archive of neither is refused', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `A/${i}.jpg`);
    assert.deepEqual(codes((await previewOf(buildZip(files(...many)))).errors), ['too_many_urls']);
    assert.deepEqual(codes((await previewOf(buildZip(files('a.txt', 'b.zip')))).errors), ['no_table']);
  });
});

test('an archive may have more pictures, or tables, than a call can have arguments', async () => {
  const products = Array.from({ length: 200_000 }, (_, i) => ({ sku: `${i}`, paths: [`${i}.jpg`] }));
  const rows = await Array.fromAsync(pictureRows(products));
  assert.deepEqual(rows[0]?.cells, ['SKU', 'Image 1']);
  assert.deepEqual(rows.at(-1), { line: 200_001, cells: ['199999', '199999.jpg'] });
  const tables = Array.from({ length: 200_000 }, (_, i) => ({ name: `${i}.csv` }) as ZipPart);
  assert.throws(() => tableFileOf(tables), { code: 'csv_invalid' });
});

describe('archives that are refused', () => {
  const refusedWith = async (zip: Buffer): Promise<string[]> => codes((await previewOf(zip)).errors);
  const named = (name: string): Buffer =>
    buildZip([table('p.csv', 'SKU,Image URLs', 'A,a.jpg'), ...files(name)]);

  test('names that leave the folder', async () => {
    for (const name of ['../a.jpg', 'x/../../a.jpg', '/a.jpg', 'C:a.jpg', 'x\\a.jpg'])
      assert.deepEqual(await refusedWith(named(name)), ['zip_unsafe_name'], name);
  });

  test('an archive in the place of the table, and one that is cut', async () => {
    const inner = buildZip(files('a.jpg'));
    assert.deepEqual(await refusedWith(buildZip([{ name: 'p.xlsx', content: inner }])), ['not_a_csv']);
    assert.deepEqual(await refusedWith(named('a.jpg').subarray(0, -30)), ['zip_damaged']);
  });

  test('files that are not what the archive says: found when they are kept', async () => {
    for (const lie of [{ checksum: 1 }, { declaredBytes: 4 }, { declaredBytes: 500 }]) {
      const zip = buildZip([
        table('p.csv', 'SKU,Image URLs', 'A,a.jpg'),
        { name: 'a.jpg', content: 'a'.repeat(100), ...lie },
      ]);
      const staging = stageUpload(Readable.from([zip]), { ...rules(), tenantId: 1, presets: [] });
      await assert.rejects(staging, (error) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual(codes(error.flaws as Flaw[]), ['zip_damaged']);
        return true;
      });
    }
  });

  test('bombs, with less than a second of CPU and little memory', async () => {
    const products = table('p.csv', 'SKU,Image URLs', 'A,a.jpg');
    const zeros = deflateRawSync(Buffer.alloc(64 * 2 ** 20));
    const bombs: Record<string, [zip: Buffer, code: string]> = {
      'a file that unpacks to more than it says': [
        buildZip([products, { name: 'a.jpg', content: 'x', raw: zeros, declaredBytes: 900 }]),
        'zip_damaged',
      ],
      'files that say that they are a thousand times larger': [
        buildZip([
          products,
          ...Array.from({ length: 10 }, (_, i) => ({
            ...{ name: `${i}.jpg`, content: 'x', raw: zeros, declaredBytes: 64 * 2 ** 20 },
          })),
        ]),
        'file_too_complex',
      ],
      'a table that says so': [
        buildZip([{ name: 'p.csv', content: 'x', raw: zeros, declaredBytes: 64 * 2 ** 20 }]),
        'file_too_complex',
      ],
      'files that share their bytes': [
        buildZip([
          products,
          ...Array.from({ length: 9_000 }, (_, i) => ({ ...file(`${i}.jpg`), offset: 0 })),
        ]),
        'file_too_complex',
      ],
      'more files than are allowed': [buildZip([products], 200_001), 'file_too_complex'],
      'files that say that they lie beyond the end': [
        buildZip([products, { ...file('a.jpg'), offset: 1e9 }]),
        'zip_damaged',
      ],
    };
    const before = process.resourceUsage().maxRSS;
    for (const [what, [zip, code]] of Object.entries(bombs)) {
      const began = process.cpuUsage();
      const staging = stageUpload(Readable.from([zip]), { ...rules(), tenantId: 1, presets: [] });
      await assert.rejects(staging, (error) => {
        assert.ok(error instanceof Problem, what);
        assert.deepEqual(codes(error.flaws as Flaw[]), [code], what);
        return true;
      });
      const { user, system } = process.cpuUsage(began);
      assert.ok(user + system < 1e6, `${what}: ${(user + system) / 1e3} ms of CPU`);
    }
    const grown = process.resourceUsage().maxRSS - before;
    assert.ok(grown < 100 * 1024, `${Math.round(grown / 1024)} MiB more`);
  });
});
