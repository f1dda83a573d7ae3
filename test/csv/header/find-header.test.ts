import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { locationsOf, previewOf } from '../../support/previews.ts';

const U = 'https://shop.example';

describe('lines above the header', () => {
  test('are found and told: templates, titles, blank lines, notes', async () => {
    for (const [above, line] of [
      ['Product list 2026\n\n', 3],
      ['Product list 2026\n', 2],
      ['Product list 2026,,,\n,,,\n', 3],
      ['"A report,\nover two lines"\n', 3],
      ['sep=,\nTitle\n', 3],
      ['TemplateType=fptcustom,Version=2021.0812,Only for Amazon\nProdukt,Bezeichnung,Adresse,x\n', 3],
      ['#INFO,Version=1.0\n#INFO Please see https://pages.example.com first,,\n', 3],
      ['Exported,2026-11-25\nRows,1\n\n', 4],
      ['Product images\n', 2],
      ['Images,,,\n', 2],
      ['https://shop.example/,2026-11-25\n', 2],
      [',,Images,\n', 2],
    ] as const) {
      const preview = await previewOf(`${above}SKU,Name,Image,Price\n1,Mug,${U}/1.jpg,5\n`);
      assert.deepEqual(
        [preview.ok, preview.rows, preview.images, preview.header_line],
        [true, 1, 1, line],
        above,
      );
      assert.deepEqual(locationsOf(preview.warnings), [['lines_above_header', line]], above);
      assert.match(preview.warnings[0]?.detail ?? '', new RegExp(`in line ${line}.*header_line`));
      assert.equal(preview.first_rows[0]?.line, line + 1);
    }
  });

  test('do not hide the delimiter', async () => {
    for (const delimiter of [';', '\t'])
      for (const title of ['Product list 2026', 'Products, prices, and pictures', '']) {
        const rows = [
          ['SKU', 'Name', 'Bild'],
          ['1', 'a, b', `${U}/1.jpg`],
        ];
        const preview = await previewOf(`${title}\n\n${rows.map((row) => row.join(delimiter)).join('\n')}\n`);
        assert.equal(preview.delimiter, delimiter, title);
        assert.equal(preview.images, 1, title);
      }
  });

  test('of a mapping count as its columns do', async () => {
    const csv = `Report\n\nNr;Ansicht;Text\n7;${U}/1.jpg;x\n`;
    const preview = await previewOf(csv, { mapping: { images: 'Ansicht' } });
    assert.deepEqual([preview.header_line, preview.images, preview.ok], [3, 1, true]);
  });

  test('are told in the error where the header has no known column of images', async () => {
    const csv = `Report\n\nNr;Ansicht;Link\n7;${U}/1.jpg;${U}/p/7\n`;
    const { errors } = await previewOf(csv);
    assert.deepEqual(locationsOf(errors), [['no_image_column', 1]]);
    assert.match(
      errors[0]?.detail ?? '',
      /The header seems to be line 3\. Upload again with header_line=3 and columns=\{"images":"Ansicht"\}/,
    );
    const again = await previewOf(csv, { headerLine: 3, mapping: { images: 'Ansicht' } });
    assert.deepEqual([again.ok, again.rows, again.images, again.warnings], [true, 1, 1, []]);
  });

  test('header_line says it, and everything below is a product', async () => {
    const csv = `Image,SKU\nImage,Name,SKU\n${U}/1.jpg,Mug,1\n`;
    const preview = await previewOf(csv, { headerLine: 2 });
    assert.deepEqual([preview.header_line, preview.rows, preview.warnings], [2, 1, []]);
    const { errors } = await previewOf(csv, { headerLine: 7 });
    assert.deepEqual(locationsOf(errors), [['no_such_line', 7]]);
  });
});

describe('lines below the header', () => {
  test('that describe the columns are no products', async () => {
    for (const below of [
      'Required,Required,Required,Optional',
      'Required,,Optional,',
      'Text,Text,URL,EUR',
      ',,,EUR',
      'Your number,What customers see,The address of the picture,Without tax',
      '#INFO,,,',
    ]) {
      const preview = await previewOf(`SKU,Name,Image,Price\n${below}\n1,Mug,${U}/1.jpg,5\n`);
      assert.deepEqual([preview.ok, preview.rows, preview.images], [true, 1, 1], below);
      assert.deepEqual(locationsOf(preview.warnings), [['lines_below_header', 2]], below);
    }
  });

  test('a second line of names is the header', async () => {
    const csv = `Seller SKU,Product Name,Main Image URL,Other Image URL1\nitem_sku,item_name,main_image_url,other_image_url1\nAM-1,Mug,${U}/1.jpg,${U}/2.jpg\n`;
    const preview = await previewOf(csv);
    assert.deepEqual([preview.header_line, preview.rows, preview.images], [2, 1, 2]);
    assert.deepEqual(preview.columns.images, ['main_image_url', 'other_image_url1']);
  });
});

test('a single column is a table too, also below a title', async () => {
  for (const [csv, line] of [
    [`Images\n${U}/1.jpg\n${U}/2.jpg\n`, 1],
    [`Images\n"${U}/1.jpg,${U}/2.jpg"\n`, 1],
    [`Our list\n\nImage URL\n${U}/1.jpg\n${U}/2.jpg\n`, 3],
  ] as const) {
    const preview = await previewOf(csv);
    assert.deepEqual([preview.ok, preview.header_line, preview.images], [true, line, 2], csv);
  }
});

test('a file whose first line is its header is read as before, whatever its rows hold', async () => {
  for (const rows of [
    `Name,Image,${U}/1.jpg\n`,
    `SKU,Name,${U}/image.jpg\nImage,Image,${U}/2.jpg\n`,
    'required,optional,\n',
    'M,L,\n',
    'Photo,Picture,\n',
    `1,This is a sentence about it,${U}/1.jpg\n`,
  ]) {
    const preview = await previewOf(`SKU,Name,Image\n${rows}2,x,${U}/9.jpg\n`);
    const isDescription = rows === 'required,optional,\n';
    assert.equal(preview.header_line, 1, rows);
    assert.equal(preview.rows, rows.split('\n').length - (isDescription ? 1 : 0), rows);
    assert.equal(preview.ok, true, rows);
  }
});
